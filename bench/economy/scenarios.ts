import { at, away, CarMonth, DAYS, HOME, type Moment } from "./car-month.ts";
import { between } from "./random.ts";

export type Scenario = "commuter" | "home-office" | "holiday";

export const SCENARIOS: Readonly<Record<Scenario, (random: () => number) => readonly Moment[]>> = {
  commuter,
  "home-office": homeOffice,
  holiday,
};

/** Day 0 is a Sunday. */
function isWeekend(day: number): boolean {
  return day % 7 === 0 || day % 7 === 6;
}

/** To work and back on weekdays, plugged in at home every evening; an outing on most days of the weekend. */
function commuter(random: () => number): readonly Moment[] {
  const car = new CarMonth(random);
  const work = away(28, 1);
  for (let day = 0; day < DAYS; day++) {
    if (!isWeekend(day)) {
      car.waitUntil(at(day, 7, between(random, 10, 50)));
      car.drive(work, 31, between(random, 30, 45));
      car.waitUntil(at(day, 16, between(random, 0, 90)));
      car.drive(HOME, 31, between(random, 32, 55));
      car.waitUntil(car.minute + between(random, 1, 4));
      car.plugIn(7.4, 80);
    } else if (random() < 0.7) {
      outing(car, day, between(random, 5, 60));
    }
  }
  car.waitUntil(at(DAYS, 0));
  return car.moments;
}

/** Errands on some days at any hour, now and then two of them; charged overnight on a household socket when low. */
function homeOffice(random: () => number): readonly Moment[] {
  const car = new CarMonth(random);
  for (let day = 0; day < DAYS; day++) {
    if (random() < 0.55) {
      outing(car, day, between(random, 4, 45));
      if (random() < 0.3) {
        car.waitUntil(car.minute + between(random, 60, 180));
        visit(car, between(random, 3, 20), between(random, 15, 70));
      }
      if (car.battery < 50) {
        car.waitUntil(car.minute + between(random, 1, 5));
        car.plugIn(2.3, 80);
      }
    }
    car.waitUntil(at(day + 1, 0));
  }
  return car.moments;
}

/** Parked for two weeks; then 900 km in two days, a week and a half there, and the same way back. */
function holiday(random: () => number): readonly Moment[] {
  const car = new CarMonth(random);
  car.waitUntil(at(14, 7, between(random, 0, 90)));
  longTrip(car, 0, 450);
  car.waitUntil(at(15, 8, between(random, 0, 90)));
  longTrip(car, 450, 900);
  car.plugIn(11, 80);
  for (let day = 16; day < 27; day++) {
    if (random() < 0.6) {
      car.waitUntil(at(day, between(random, 9, 14), between(random, 0, 59)));
      const km = between(random, 5, 50);
      car.drive(away(900 + km, 3), km, Math.max(8, km));
      car.waitUntil(car.minute + between(random, 40, 240));
      car.drive(away(900, 3), km, Math.max(8, km));
      if (car.battery < 45) car.plugIn(11, 80);
    }
  }
  car.waitUntil(at(27, 7, between(random, 0, 90)));
  longTrip(car, 900, 450);
  car.waitUntil(at(28, 8, between(random, 0, 90)));
  longTrip(car, 450, 0);
  car.plugIn(11, 80);
  car.waitUntil(at(DAYS, 0));
  return car.moments;
}

/** A day on the motorway, with a fast charge about every 200 km. */
function longTrip(car: CarMonth, fromKm: number, toKm: number): void {
  const legs = 3;
  for (let leg = 1; leg <= legs; leg++) {
    const km = fromKm + ((toKm - fromKm) * leg) / legs;
    car.drive(away(km, 3), Math.abs(toKm - fromKm) / legs, between(car.random, 85, 110));
    if (leg < legs) {
      car.waitUntil(car.minute + 2);
      car.plugIn(120, 80);
      car.waitUntil(car.minute + between(car.random, 25, 45));
    }
  }
}

function outing(car: CarMonth, day: number, km: number): void {
  car.waitUntil(at(day, between(car.random, 8, 18), between(car.random, 0, 59)));
  visit(car, km, between(car.random, 20, 200));
}

function visit(car: CarMonth, km: number, stays: number): void {
  const lasts = Math.max(6, Math.round(km * 1.2));
  car.drive(away(km, car.random() * 6), km * 1.2, lasts);
  car.waitUntil(car.minute + stays);
  car.drive(HOME, km * 1.2, lasts);
}
