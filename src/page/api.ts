import { useCallback, useEffect, useRef, useState } from "preact/hooks";

/** So that a missing password is the page's to ask for, not the browser's. */
const OURS = { accept: "application/json", "x-requested-with": "page" };

// Every address is relative to the page's own, so that it works wherever the page is mounted.
export async function get<T>(path: string): Promise<T> {
  return await read<T>(await fetch(path, { headers: OURS }));
}

export async function post<T>(path: string, body: object): Promise<T> {
  const init = { method: "POST", headers: { ...OURS, "content-type": "application/json" }, body: JSON.stringify(body) };
  return await read<T>(await fetch(path, init));
}

/** @throws Error with the API's own words for an answer that is not what was asked for. */
async function read<T>(response: Response): Promise<T> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body as T;
  const said = typeof body === "object" && body !== null && "error" in body ? String(body.error) : response.statusText;
  if (response.status === 401) live.lockedOut();
  throw new Error(said || `the bridge answered ${response.status}`);
}

type Listener = (topics: ReadonlySet<string>) => void;
export type Connection = "connecting" | "open" | "lost";

const REOPEN_MS = 3_000;
/** Stands for everything: after a break nobody knows what was missed. */
const ALL = "*";

/** The one stream of news from the bridge, shared by everything on the page. */
class Live {
  readonly #listeners = new Set<Listener>();
  readonly #watchers = new Set<(state: Connection) => void>();
  #source: EventSource | null = null;
  #state: Connection = "connecting";
  onLockedOut: () => void = () => undefined;

  open(): void {
    this.#source?.close();
    const source = new EventSource("api/events");
    this.#source = source;
    source.addEventListener("hello", () => {
      this.#set("open");
      this.#tell(new Set([ALL]));
    });
    source.addEventListener("changed", (event) => {
      const topics: unknown = JSON.parse(String(event.data));
      if (Array.isArray(topics)) this.#tell(new Set(topics.map(String)));
    });
    source.addEventListener("error", () => {
      this.#set("lost");
      // Refused for good: the browser does not try again by itself. After a restart a session is gone.
      if (source.readyState !== EventSource.CLOSED || this.#source !== source) return;
      void get<{ allowed: boolean }>("api/access")
        .catch(() => ({ allowed: true }))
        .then(({ allowed }) => {
          if (!allowed) this.lockedOut();
          else setTimeout(() => this.#source === source && this.open(), REOPEN_MS);
        });
    });
  }

  close(): void {
    this.#source?.close();
    this.#source = null;
  }

  lockedOut(): void {
    this.close();
    this.onLockedOut();
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(watcher: (state: Connection) => void): () => void {
    this.#watchers.add(watcher);
    watcher(this.#state);
    return () => this.#watchers.delete(watcher);
  }

  #tell(topics: ReadonlySet<string>): void {
    for (const listener of [...this.#listeners]) listener(topics);
  }

  #set(state: Connection): void {
    this.#state = state;
    for (const watcher of [...this.#watchers]) watcher(state);
  }
}

export const live = new Live();

export function useConnection(): Connection {
  const [state, setState] = useState<Connection>("connecting");
  useEffect(() => live.watch(setState), []);
  return state;
}

export interface Resource<T> {
  readonly data: T | null;
  readonly error: string | null;
  readonly reload: () => void;
}

/** What an address of the API says, kept up to date while it is shown. */
export function useResource<T>(path: string, topics: readonly string[]): Resource<T> {
  const [answer, setAnswer] = useState<{ path: string; data: T | null; error: string | null }>({
    path,
    data: null,
    error: null,
  });
  const asking = useRef({ running: false, again: false, path });
  asking.current.path = path;
  const wanted = topics.join(" ");

  const reload = useCallback(() => {
    const state = asking.current;
    if (state.running) {
      state.again = true;
      return;
    }
    state.running = true;
    const asked = state.path;
    get<T>(asked)
      .then(
        (data) => setAnswer({ path: asked, data, error: null }),
        (error: unknown) =>
          setAnswer((before) => ({
            path: asked,
            data: before.path === asked ? before.data : null,
            error: error instanceof Error ? error.message : String(error),
          })),
      )
      .finally(() => {
        state.running = false;
        if (!state.again && state.path === asked) return;
        state.again = false;
        reload();
      });
  }, []);

  // A new address is a new question.
  useEffect(() => reload(), [path, reload]);
  useEffect(() => {
    const mine = new Set(wanted.split(" "));
    return live.listen((changed) => {
      if (changed.has(ALL) || [...changed].some((topic) => mine.has(topic))) reload();
    });
  }, [wanted, reload]);

  return { data: answer.path === path ? answer.data : null, error: answer.error, reload };
}
