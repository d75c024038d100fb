/** The rows: asked for a page at a time, as they come into sight. One Tab stop; arrows move in it. */
import { h, setAttribute } from "../dom";
import type { Keys } from "../keys";
import { loose } from "../model";
import { MOST } from "../rating";
import { history } from "../texts";
import { rowPart, type Row, type RowPart, type RowTools } from "./row";

const PAGE = 20;
/** Pixels below the sight that are asked for before. */
const AHEAD = 400;

export interface RowsTools extends Omit<RowTools, "rate"> {
  keys: Keys;
  ask(start: number, stop: number): void;
  rate(id: string, stars: number): void;
  selected(ids: string[]): void;
}

export interface Rows {
  el: HTMLElement;
  /** Something changed: how many there are now, and what to mark. With `anew` the list begins at its top. */
  reset(count: number, words: string[], anew: boolean): void;
  take(start: number, rows: unknown[]): void;
  get(id: string): RowPart | undefined;
  unselect(): void;
}

export function rowFrom(value: unknown): Row | null {
  const found = loose(value);
  return found && typeof found["id"] === "string" && typeof found["prompt"] === "string" ? (found as unknown as Row) : null;
}

export function rowsPart(tools: RowsTools): Rows {
  const { signal } = tools;
  const el = h("div", { class: "pvideo-rows", role: "grid", "aria-label": history.title, "aria-multiselectable": "true", "aria-description": history.keys });
  const parts: RowPart[] = [];
  const chosen = new Set<string>();
  let count = 0;
  let words: string[] = [];
  let asked = 0;
  let current = "";

  const ask = (): void => {
    if (asked >= count || parts.length < asked) return;
    const stop = Math.min(count, asked + PAGE);
    tools.ask(asked, stop);
    asked = stop;
  };
  const look = (): void => {
    if (el.scrollTop + el.clientHeight + AHEAD >= el.scrollHeight) ask();
  };
  el.addEventListener("scroll", look, { signal, passive: true });

  const partOf = (target: EventTarget | null): RowPart | undefined => {
    const row = target instanceof Element ? target.closest<HTMLElement>(".pvideo-row") : null;
    return row ? parts.find((one) => one.el === row) : undefined;
  };
  const stop = (part: RowPart | undefined): void => {
    for (const one of parts) one.el.tabIndex = one === part ? 0 : -1;
    current = part?.row().id ?? "";
  };
  const go = (part: RowPart | undefined): boolean => {
    if (!part) return false;
    stop(part);
    part.el.focus();
    part.el.scrollIntoView?.({ block: "nearest" });
    look();
    return true;
  };
  const within = (part: RowPart, from: Element, step: number): boolean => {
    const all = [part.el, ...part.el.querySelectorAll<HTMLElement>("button")].filter((one) => one === part.el || !one.closest("[hidden]"));
    all[Math.min(all.length - 1, Math.max(0, all.indexOf(from as HTMLElement) + step))]?.focus();
    return true;
  };
  const select = (part: RowPart): boolean => {
    const id = part.row().id;
    if (!chosen.delete(id)) chosen.add(id);
    part.select(chosen.has(id));
    tools.selected([...chosen]);
    return true;
  };
  tools.keys.on(el, (event) => {
    const target = event.target as Element;
    const part = partOf(target);
    if (!part || target.matches("input")) return false;
    const at = parts.indexOf(part);
    const onRow = target === part.el;
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: parts.length - 1, PageDown: at + 8, PageUp: at - 8 }[event.key];
    if (to !== undefined) return go(parts[Math.min(parts.length - 1, Math.max(0, to))]);
    if (event.key === "ArrowRight") return within(part, target, 1);
    if (event.key === "ArrowLeft") return within(part, target, -1);
    if (event.key.toLowerCase() === "s") return tools.rate(part.row().id, part.row().stars >= MOST ? 0 : part.row().stars + 1), true;
    if (!onRow) return false;
    if (/^[0-5]$/.test(event.key)) return tools.rate(part.row().id, Number(event.key)), true;
    if (event.key === " ") return select(part);
    if (event.key === "Enter" && !event.repeat) return tools.open(part.row().id, false), true;
    return false;
  });
  el.addEventListener("click", (event) => {
    const part = partOf(event.target);
    if (!part) return;
    stop(part);
    if ((event.ctrlKey || event.metaKey) && !(event.target as Element).closest("button, input, a")) select(part);
  }, { signal });
  el.addEventListener("dblclick", (event) => {
    const part = partOf(event.target);
    if (part && !(event.target as Element).closest("button, input")) tools.open(part.row().id, false);
  }, { signal });

  return {
    el,
    get: (id) => parts.find((one) => one.row().id === id),
    unselect() {
      chosen.clear();
      for (const part of parts) part.select(false);
      tools.selected([]);
    },
    reset(next, marks, anew) {
      count = next;
      words = marks;
      el.hidden = count === 0;
      setAttribute(el, "aria-rowcount", count);
      if (anew) {
        parts.splice(0).forEach((one) => one.el.remove());
        el.scrollTop = 0;
        asked = 0;
        current = "";
        chosen.clear();
        tools.selected([]);
        ask();
        return;
      }
      // What stands stays until its newer self arrives.
      parts.splice(count).forEach((one) => one.el.remove());
      asked = Math.max(parts.length, Math.min(PAGE, count));
      for (let start = 0; start < asked; start += PAGE) tools.ask(start, Math.min(asked, start + PAGE));
    },
    take(start, rows) {
      const focused = partOf(document.activeElement)?.row().id;
      rows.flatMap((one) => rowFrom(one) ?? []).forEach((row, offset) => {
        const index = start + offset;
        if (index > parts.length || index >= count) return;
        const known = parts[index];
        if (known) known.update(row, words);
        else {
          const part = rowPart(row, tools);
          part.update(row, words);
          parts.push(part);
          el.append(part.el);
        }
        parts[index]?.select(chosen.has(row.id));
        setAttribute(parts[index]?.el as HTMLElement, "aria-rowindex", index + 1);
      });
      stop(parts.find((one) => one.row().id === (focused ?? current)) ?? parts[0]);
      look();
    },
  };
}
