import { useEffect, useState } from "preact/hooks";
import type { Chain } from "../http/schema/chain.ts";
import { get, live, useConnection, useResource } from "./api.ts";
import { CarPage } from "./cars/car.tsx";
import { Cars } from "./cars/cars.tsx";
import { Login } from "./login.tsx";
import { routeOf } from "./route.ts";
import { SetupPage } from "./setup/setup.tsx";
import { TrafficPage } from "./traffic/traffic.tsx";

type Access = "asking" | "allowed" | "password";

export function App() {
  const [access, setAccess] = useState<Access>("asking");
  useEffect(() => {
    live.onLockedOut = () => setAccess("password");
    const ask = () =>
      get<{ allowed: boolean }>("api/access").then(
        ({ allowed }) => setAccess(allowed ? "allowed" : "password"),
        () => {
          setTimeout(ask, 2_000);
        },
      );
    void ask();
  }, []);
  if (access === "asking") return <p class="quiet pad">One moment …</p>;
  if (access === "password") return <Login onDone={() => setAccess("allowed")} />;
  return <Shell />;
}

function useRoute(): readonly string[] {
  const read = () => routeOf(location.hash);
  const [route, setRoute] = useState(read);
  useEffect(() => {
    const onChange = () => {
      setRoute(read());
      scrollTo(0, 0);
    };
    addEventListener("hashchange", onChange);
    // It may have changed between the first drawing and now.
    setRoute(read());
    return () => removeEventListener("hashchange", onChange);
  }, []);
  return route;
}

function Shell() {
  const [section = "", detail] = useRoute();
  const chain = useResource<Chain>("api/chain", ["chain"]);
  useEffect(() => {
    live.open();
    return () => live.close();
  }, []);
  const broken = chain.data?.links.filter(({ status }) => status === "failed").length ?? 0;
  const noCars = chain.data?.links.some(({ name, status }) => name === "connections" && status !== "ok") === true;
  // Whoever has no car yet has come to set up. Decided once: what is being read must not go away by itself.
  useEffect(() => {
    const isUndecided = section === "" && location.hash.length < 3;
    if (isUndecided && chain.data !== null) location.replace(noCars ? "#/setup" : "#/cars");
  }, [section, chain.data, noCars]);

  return (
    <>
      <button type="button" class="skip" onClick={() => document.getElementById("main")?.focus()}>
        Skip to the content
      </button>
      <header class="top">
        <span class="brand">smartcar2mqtt</span>
        <nav aria-label="Sections">
          <Tab to="cars" now={section} label="Cars" />
          <Tab to="setup" now={section} label="Set-up" badge={broken} />
          <Tab to="traffic" now={section} label="Traffic" />
        </nav>
      </header>
      <Lost />
      <main id="main" tabIndex={-1}>
        {section === "setup" && <SetupPage chain={chain} />}
        {section === "traffic" && <TrafficPage />}
        {section === "cars" && (detail === undefined || detail === "") && <Cars />}
        {section === "cars" && detail !== undefined && detail !== "" && <CarPage id={detail} />}
      </main>
    </>
  );
}

function Tab({ to, now, label, badge = 0 }: { to: string; now: string; label: string; badge?: number }) {
  return (
    <a href={`#/${to}`} aria-current={to === now ? "page" : undefined}>
      {label}
      {badge > 0 && (
        <span class="badge">
          {badge}
          <span class="hidden"> to mend</span>
        </span>
      )}
    </a>
  );
}

function Lost() {
  const connection = useConnection();
  return (
    <div role="status" class={connection === "lost" ? "banner" : "hidden"}>
      {connection === "lost" ? "The bridge does not answer. What you see may be old; trying again …" : ""}
    </div>
  );
}
