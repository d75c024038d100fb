/** The values of the form. What a person types stays here and is sent a moment later; an echo of it never overwrites newer typing. */
import { send, type Model } from "../model";
import type { Inputs } from "../view";

const DELAY = 150;
/** After this an answer is not coming: then Python's word counts again. */
const FORGET = 4000;

interface Sent {
  text: string;
  at: number;
}

export interface Store {
  get(name: string): unknown;
  all(): Inputs;
  /** A person changed it: sent after a pause in typing. */
  set(name: string, value: unknown): void;
  /** Puts many at once, for Undo. */
  setAll(values: Inputs): void;
  /** Here only; Python hears of it in another way (a file). */
  keep(name: string, value: unknown): void;
  /** The trait came. Returns the names that Python changed by itself. */
  receive(values: Inputs): string[];
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
  /** A secret: Python keeps it and never sends it back. */
  isSecret(name: string): boolean;
  signal: AbortSignal;
  now?: () => number;
}

export function store(first: Inputs, { model, changed, isSecret, signal, now = Date.now }: StoreTools): Store {
  const values: Inputs = { ...first };
  const waiting = new Set<string>();
  const sent = new Map<string, Sent[]>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  const mark = (name: string): void => void sent.set(name, [...(sent.get(name) ?? []), { text: textOf(values[name]), at: now() }]);
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (!waiting.size) return;
    const names = [...waiting];
    waiting.clear();
    names.forEach(mark);
    send(model, { kind: "inputs", inputs: { ...values }, changed: names });
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
    clearTimeout(timer);
    timer = setTimeout(flush, DELAY);
  };
  /** Is this only Python saying back what we said? */
  const isEcho = (name: string, value: unknown): boolean => {
    const open = (sent.get(name) ?? []).filter((one) => now() - one.at < FORGET);
    const found = open.findIndex((one) => one.text === textOf(value));
    sent.set(name, open.slice(found + 1));
    return open.length > 0;
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
    keep(name, value) {
      put(name, value);
      mark(name);
    },
    receive(next) {
      const names = [...new Set([...Object.keys(values), ...Object.keys(next)])];
      return names.filter((name) => {
        if (isSecret(name) || waiting.has(name) || isEcho(name, next[name]) || textOf(values[name]) === textOf(next[name])) return false;
        put(name, next[name]);
        return true;
      });
    },
    isPending: () => waiting.size > 0,
    flush,
    settle() {
      flush();
      sent.clear();
    },
  };
}
