/** The tiles: one axis wraps, two make a table with headers, what else is varied repeats it. One Tab stop; arrows move. */
import { h } from "../dom";
import type { Keys } from "../keys";
import type { SheetView } from "../view";
import type { TilePart } from "./tile";

export interface Grid {
  el: HTMLElement;
  /** Lays the tiles out anew, when the axes are other ones. */
  lay(sheet: SheetView, parts: TilePart[]): void;
  focus(part: TilePart): void;
  focused(): TilePart | undefined;
}

interface GridTools {
  keys: Keys;
  label: string;
  act(key: "open" | "select" | "star", part: TilePart): void;
}

const row = (...cells: HTMLElement[]): HTMLElement => h("div", { class: "pvideo-grid-row", role: "row" }, ...cells);
const head = (role: "columnheader" | "rowheader", text: string): HTMLElement => h("div", { class: `pvideo-grid-head pvideo-grid-${role}`, role }, text);

export function grid(tools: GridTools): Grid {
  const el = h("div", { class: "pvideo-grid", role: "grid", "aria-label": tools.label, "aria-multiselectable": "true" });
  let order: TilePart[] = [];
  let shape = "";
  let across = 0;

  const columns = (): number => {
    if (across) return across;
    const top = order[0]?.el.offsetTop;
    const other = order.findIndex((part) => part.el.offsetTop !== top);
    return other < 1 ? order.length : other;
  };
  const focus = (part: TilePart): void => {
    order.forEach((one) => (one.el.tabIndex = one === part ? 0 : -1));
    part.el.focus({ preventScroll: false });
  };
  const focused = (): TilePart | undefined => order.find((part) => part.el === document.activeElement);
  tools.keys.on(el, (event) => {
    const part = focused();
    if (!part) return false;
    const at = order.indexOf(part);
    const wide = columns();
    const moves: Record<string, number> = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + wide, ArrowUp: at - wide, Home: 0, End: order.length - 1 };
    const to = moves[event.key];
    if (to !== undefined) {
      const next = order[to];
      if (next) focus(next);
      return true;
    }
    const acts = { Enter: "open", " ": "select", s: "star" } as const;
    const act = acts[(event.key.length === 1 ? event.key.toLowerCase() : event.key) as keyof typeof acts];
    if (!act || event.repeat || event.ctrlKey || event.metaKey || event.altKey) return false;
    tools.act(act, part);
    return true;
  });
  // A click makes a tile the one that Tab comes back to.
  el.addEventListener("focusin", (event) => {
    const part = order.find((one) => one.el === event.target);
    if (part) order.forEach((one) => (one.el.tabIndex = one === part ? 0 : -1));
  });

  return {
    el,
    focus,
    focused,
    lay(sheet, parts) {
      const now = JSON.stringify([sheet.id, sheet.axes, parts.length]);
      if (now === shape) return;
      shape = now;
      el.dataset["axes"] = String(Math.min(2, sheet.axes.length));
      across = sheet.axes.length > 1 ? (sheet.axes[0]?.labels.length ?? 0) : 0;
      order = across ? table(el, sheet, parts) : (el.replaceChildren(row(...parts.map((part) => part.el))), [...parts]);
      order.forEach((part, index) => (part.el.tabIndex = index === 0 ? 0 : -1));
    },
  };
}

/** The first axis goes across, the second down; each combination of the others is one more table. Returns the tiles as they stand. */
function table(el: HTMLElement, sheet: SheetView, parts: TilePart[]): TilePart[] {
  const [columns, lines, ...others] = sheet.axes;
  if (!columns || !lines) return [];
  el.style.setProperty("--pvideo-columns", String(columns.labels.length));
  const order: TilePart[] = [];
  const rests = [...new Set(parts.map((part) => part.tile().places.slice(2).join()))];
  const children = rests.flatMap((rest) => {
    const own = parts.filter((part) => part.tile().places.slice(2).join() === rest);
    const title = rest ? rest.split(",").map((at, index) => others[index]?.labels[Number(at)] ?? "").join(", ") : "";
    const body = lines.labels.map((label, line) => {
      const cells = own.filter((part) => part.tile().places[1] === line).sort((one, other) => (one.tile().places[0] ?? 0) - (other.tile().places[0] ?? 0));
      order.push(...cells);
      return row(head("rowheader", label), ...cells.map((part) => part.el));
    });
    return [...(title ? [h("div", { class: "pvideo-grid-title", role: "presentation" }, title)] : []), row(h("div", { class: "pvideo-grid-head", role: "presentation" }), ...columns.labels.map((label) => head("columnheader", label))), ...body];
  });
  el.replaceChildren(...children);
  return order;
}
