import { CommandInbox } from "../../bridge/command-inbox.ts";
import { RequestInbox } from "../../bridge/request-inbox.ts";
import { Access } from "../../http/access.ts";
import { registerApi } from "../../http/api.ts";
import { ConnectCallback } from "../../http/connect-callback.ts";
import { ingressPath } from "../../http/host-guard.ts";
import type { Listener } from "../../http/listener.ts";
import { LiveEvents } from "../../http/live-events.ts";
import { metricsRoute } from "../../http/metrics-route.ts";
import { privateServer } from "../../http/private-server.ts";
import { publicServer } from "../../http/public-server.ts";
import type { Recorder } from "../../recorder/recorder.ts";
import { ConnectStates } from "../../smartcar/connect-states.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { apiOf } from "../api/api.ts";
import { chainWatch, liveNews } from "../api/live-news.ts";
import { recordingOf } from "../api/recording.ts";
import type { Frame } from "../frame.ts";
import { timed } from "../meter.ts";
import { requests } from "../requests.ts";
import type { Shown, ShownOf } from "./shown.ts";

/** Where something comes in: MQTT, the public port, the private port. Opened once everything behind them stands. */
export interface Doors {
  readonly inbox: CommandInbox;
  readonly requests: RequestInbox;
  readonly publicPort: Listener;
  readonly privatePort: Listener;
}

export function doorParts(
  frame: Frame,
  parts: ShownOf,
  { chain, recorder }: Shown & { readonly recorder: Recorder },
  metrics: Metrics,
): Doors {
  const { config, clock, version, topics, events, logOf } = frame;
  const { mqtt, http } = config;
  const { account, broker, cars, orders } = parts;
  const { session, publisher } = broker;
  const { directory, subscriber, poller, polling } = cars;
  const retainIsHidden = mqtt.version === "3.1.1";
  const inbox = new CommandInbox({
    session,
    publisher,
    topics,
    runner: orders.runner,
    vehicle: (topic) => directory.byTopic(topic),
    allow: config.commands.allow,
    retainIsHidden,
    log: logOf("commands"),
    clock,
  });
  const { setLogLevel } = frame;
  const requestInbox = new RequestInbox({
    session,
    publisher,
    topics,
    handlers: requests({ directory, subscriber, poller, polling, publisher, chain, setLogLevel }),
    eraseAfterUse: retainIsHidden,
    log: logOf("requests"),
  });

  const states = new ConnectStates({ secrets: config.smartcar.client_secret, store: parts.kept.store.settings, clock });
  const publicPort = publicServer({
    host: http.public_host,
    port: http.public_port,
    webhook: timed(account.webhook, metrics, clock),
    pages: [
      new ConnectCallback({
        redeem: (state) => states.redeem(state),
        cars: () => directory.list(),
        refresh: () => directory.refresh(),
        refreshSoon: () => directory.refreshSoon(),
        clock,
      }),
    ],
    log: logOf("http"),
    clock,
  });

  const { trusted_proxy: trustedProxy, allowed_hosts: ownHosts } = http;
  const access = new Access({
    password: http.password,
    mountedAt: (request) => ingressPath(request, trustedProxy),
    clock,
  });
  const live: LiveEvents = new LiveEvents({ clock, onLook: chainWatch(chain, () => live) });
  liveNews(live, events, account.trafficLog);
  const recording = recordingOf(recorder);
  const api = apiOf(frame, parts, { chain, states, isProtected: access.isProtected });
  const privatePort = privateServer({
    host: http.host,
    port: http.port,
    readiness: () => chain.readiness(),
    ownHosts,
    trustedProxy,
    knows: (request) => access.knows(request),
    isProtected: access.isProtected,
    register: (app) => {
      metricsRoute(app, metrics);
      registerApi(app, { version, now: () => clock.now(), access, live, chain, recording, ...api });
    },
    log: logOf("http"),
    clock,
  });
  return { inbox, requests: requestInbox, publicPort, privatePort };
}
