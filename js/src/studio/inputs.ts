/** The values of the form. What a person types stays here and is sent a moment later; what Python says before it has heard that never overwrites it. */
import { send, type Model } from "../model";
import type { Inputs } from "../view";

const DELAY = 150;

export interface Store {
  get(name: string): unknown;
  all(): Inputs;
  /** A person changed it: sent after a pause in typing. */
  set(name: string, value: unknown): void;
  /** Puts many at once, for Undo. */
  setAll(values: Inputs): void;
  /** The trait came. Returns the names that Python changed by itself. */
  receive(values: Inputs): string[];
  /** Python has heard the message with this stamp: its word counts again, where no later message is under way. */
  heard(stamp: unknown): void;
  /** True while typing has not been sent. */
  isPending(): boolean;
  /** Sends what waits, at once. */
  flush(): void;
  /** The same, and what Python says from now on counts, even if it is something else than what was typed just before. */
  settle(): void;
}

const textOf = (value: unknown): string => JSON.stringify(value ?? null);

export interface StoreTools {
  model: Model;
  changed(name: string): void;
  /** A person did. */
  touched(): void;
  /** A secret: Python keeps it and never sends it back. */
  isSecret(name: string): boolean;
  signal: AbortSignal;
}

export function store(first: Inputs, { model, changed, touched, isSecret, signal }: StoreTools): Store {
  const values: Inputs = { ...first };
  const waiting = new Set<string>();
  /** The last message about each name, until it was heard. Another view of this Studio counts its own. */
  const unheard = new Map<string, number>();
  const me = Math.random();
  let count = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (!waiting.size) return;
    const names = [...waiting];
    waiting.clear();
    count += 1;
    names.forEach((name) => unheard.set(name, count));
    send(model, { kind: "inputs", inputs: { ...values }, changed: names, stamp: [me, count] });
  };
  const put = (name: string, value: unknown): void => {
    if (value === undefined) delete values[name];
    else values[name] = value;
    changed(name);
  };
  const set = (name: string, value: unknown): void => {
    if (textOf(values[name]) === textOf(value)) return;
    waiting.add(name);
    put(name, value);
    touched();
    clearTimeout(timer);
    timer = setTimeout(flush, DELAY);
  };
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });

  return {
    get: (name) => values[name],
    all: () => ({ ...values }),
    set,
    setAll(next) {
      for (const name of new Set([...Object.keys(values), ...Object.keys(next)])) set(name, next[name]);
      flush();
    },
    receive(next) {
      const names = [...new Set([...Object.keys(values), ...Object.keys(next)])];
      return names.filter((name) => {
        if (isSecret(name) || waiting.has(name) || unheard.has(name) || textOf(values[name]) === textOf(next[name])) return false;
        put(name, next[name]);
        return true;
      });
    },
    heard(stamp) {
      if (!Array.isArray(stamp) || stamp[0] !== me) return;
      for (const [name, number] of unheard) if (number <= stamp[1]) unheard.delete(name);
    },
    isPending: () => waiting.size > 0,
    flush,
    settle() {
      flush();
      unheard.clear();
    },
  };
}
