/**
 * Keeps the keyboard inside our widget. With focus in an output the notebook takes `d d` as "delete this cell", `x` as "cut", arrows as "leave" and
 * Ctrl/Shift/Alt+Enter as "run", which may pay a second time. Only a capturing listener on `window` comes before it in JupyterLab and Notebook alike.
 */

/** Returns true if the key was taken; then the browser's own action does not happen. */
export type KeyHandler = (event: KeyboardEvent) => boolean;

export interface Keys {
  /** The innermost element's handler is asked first. */
  on(element: Element, handler: KeyHandler): void;
}

const GUARDED = "data-pvideo-keys";
const FUNCTION_KEY = /^F\d{1,2}$/;

function isHosts(event: KeyboardEvent): boolean {
  if (event.key === "Tab" || FUNCTION_KEY.test(event.key)) return true;
  return (event.ctrlKey || event.metaKey || event.altKey) && event.key !== "Enter";
}

/** Enter with a modifier runs nothing and presses nothing, and a held key presses once: both could pay. */
function isStrayPress(event: KeyboardEvent, target: Element): boolean {
  const button = target.closest("button, summary, a, input, select, video");
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey || event.altKey)) return true;
  if (!button) return false;
  return (event.key === "Enter" && event.shiftKey) || (event.repeat && target.closest("button") !== null && (event.key === "Enter" || event.key === " "));
}

export function guardKeys(root: HTMLElement, signal: AbortSignal): Keys {
  root.setAttribute(GUARDED, "");
  const handlers = new WeakMap<Element, KeyHandler>();
  const ask = (event: KeyboardEvent, target: Element): boolean => {
    for (let at: Element | null = target; at && root.contains(at); at = at.parentElement) if (handlers.get(at)?.(event)) return true;
    return false;
  };
  const listen = (event: KeyboardEvent): void => {
    const target = event.composedPath()[0];
    if (!(target instanceof Element) || !root.contains(target) || isHosts(event)) return;
    // A widget inside this one has a guard of its own, in another bundle perhaps.
    if (target.closest(`[${GUARDED}]`) !== root) return;
    event.stopImmediatePropagation();
    if (event.isComposing) return;
    if (ask(event, target) || isStrayPress(event, target)) event.preventDefault();
    else if (event.key === "Escape") root.closest<HTMLElement>(".jp-Cell")?.focus();
  };
  window.addEventListener("keydown", listen, { capture: true, signal });
  return { on: (element, handler) => void handlers.set(element, handler) };
}
