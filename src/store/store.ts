import { AnnouncementRepository, type Components } from "./announcements.ts";
import { ChargingSessionRepository } from "./charging-sessions.ts";
import { StoreDatabase, type StoreWatch } from "./database.ts";
import { ExecutionRepository, type StoredExecution } from "./executions.ts";
import { IncapabilityRepository } from "./incapabilities.ts";
import { LedgerRepository } from "./ledger.ts";
import { PlanRepository } from "./plans.ts";
import { SettingsRepository } from "./settings.ts";
import { StateRepository } from "./states.ts";
import { VehicleRepository } from "./vehicles.ts";

/**
 * Everything that is kept, each part behind the small interface its user declares. Another database would be another
 * set of these.
 */
export interface Store<Plan extends object, Execution extends StoredExecution, Announced extends Components> {
  readonly database: StoreDatabase;
  readonly vehicles: VehicleRepository;
  readonly states: StateRepository;
  readonly ledger: LedgerRepository;
  readonly plans: PlanRepository<Plan>;
  readonly executions: ExecutionRepository<Execution>;
  readonly incapabilities: IncapabilityRepository;
  readonly announcements: AnnouncementRepository<Announced>;
  readonly settings: SettingsRepository;
  readonly charging: ChargingSessionRepository;
}

/** Puts the repositories together; nothing is opened before the database starts. */
export function openStore<Plan extends object, Execution extends StoredExecution, Announced extends Components>(
  dataDir: string,
  watch: StoreWatch = {},
): Store<Plan, Execution, Announced> {
  const database = new StoreDatabase(dataDir, watch);
  return {
    database,
    vehicles: new VehicleRepository(database),
    states: new StateRepository(database),
    ledger: new LedgerRepository(database),
    plans: new PlanRepository<Plan>(database),
    executions: new ExecutionRepository<Execution>(database),
    incapabilities: new IncapabilityRepository(database),
    announcements: new AnnouncementRepository<Announced>(database),
    settings: new SettingsRepository(database),
    charging: new ChargingSessionRepository(database),
  };
}
