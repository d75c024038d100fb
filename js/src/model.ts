/** The part of anywidget's model that we use, and the notebook's objects behind it, which are there in some hosts only. */

export interface Model {
  get(name: string): unknown;
  on(event: string, callback: (...values: unknown[]) => void): void;
  off(event?: string, callback?: (...values: unknown[]) => void): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBuffer[]): void;
  widget_manager?: unknown;
}

/** anywidget's way to draw one widget inside another; hosts with an older one have none. */
export interface Host {
  getWidget?(reference: string): Promise<{ render(props: { el: HTMLElement; signal?: AbortSignal }): Promise<void> }>;
}

export interface RenderProps {
  model: Model;
  el: HTMLElement;
  signal: AbortSignal;
  /** anywidget's way to other widgets; not in every host. */
  host?: Host;
}

/** Anything at all, looked into step by step: the host's objects are not ours to trust. */
export type Loose = { [key: string]: unknown } | null | undefined;

export function loose(value: unknown): Loose {
  return (typeof value === "object" && value !== null) || typeof value === "function" ? (value as Loose) : undefined;
}

/** Asks one of the host's objects by a name that it may not have; then the answer is undefined. */
export function ask(target: unknown, name: string, ...values: unknown[]): unknown {
  const answer = loose(target)?.[name];
  return typeof answer === "function" ? answer.call(target, ...values) : undefined;
}

export function observe(model: Model, event: string, callback: (...values: unknown[]) => void, signal: AbortSignal): void {
  if (signal.aborted) return;
  model.on(event, callback);
  signal.addEventListener("abort", () => model.off(event, callback), { once: true });
}

/** Follows one of JupyterLab's signals; not in every host. */
export function connect(signals: unknown, slot: (...values: unknown[]) => void, signal: AbortSignal): void {
  const { connect: on, disconnect: off } = (loose(signals) ?? {}) as Record<string, ((slot: unknown) => void) | undefined>;
  on?.call(signals, slot);
  signal.addEventListener("abort", () => off?.call(signals, slot), { once: true });
}

/** The page's document: where it lies, and what is in it. */
export const contextOf = (model: Model): Loose => loose(loose(model.widget_manager)?.["context"]);

/** Sends to Python; false if the line is dead (a disposed comm throws). */
export function send(model: Model, content: object, buffers?: ArrayBuffer[]): boolean {
  try {
    model.send(content, undefined, buffers);
    return true;
  } catch {
    return false;
  }
}

/** Anything but a relative address: a scheme, another host, the server's root. */
const ABSOLUTE = /^[^/]*:|^[/\\]/;

/** A file beside the notebook (a relative address, already quoted) as an address of this server, or null where the host cannot tell (marimo, VS Code, Colab). */
export async function resolveFile(model: Model, path: string): Promise<string | null> {
  try {
    if (!path || ABSOLUTE.test(path)) return null;
    const url = await ask(model.widget_manager, "resolveUrl", path);
    return typeof url === "string" ? url : null;
  } catch {
    return null;
  }
}
