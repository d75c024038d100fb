/** The Card as a widget of its own: it follows the `view` trait, and offers the file its clean html. */
import { below } from "./below";
import { card, type Card } from "./card";
import { offerFile } from "./clean";
import { h } from "./dom";
import { live } from "./live";
import { loose, observe, type RenderProps } from "./model";
import type { View } from "./view";

export function viewFrom(value: unknown): View | null {
  const found = loose(value);
  return found && typeof found["id"] === "string" && typeof found["status"] === "string" ? (found as unknown as View) : null;
}

export function renderCard({ model, el, signal, host }: RenderProps): void {
  let shown: Card | null = null;
  const current = (): View | null => viewFrom(model.get("view"));
  // What stands below has a keyboard of its own.
  const own = h("div");
  const { keys, bytes, beat } = live(model, own, signal, () => current()?.id ?? "", (gone) => shown?.kernel(gone));
  shown = card({ model, keys, bytes, signal, pressed: beat.expect, busySince: beat.busySince, silent: model.get("silent") === true });

  const update = (fresh: boolean): void => {
    const view = current();
    if (!view) return;
    shown?.update(view, fresh);
    beat.active(!view.done || view.phase === "saving");
  };
  observe(model, "change:view", () => update(true), signal);
  update(false);
  own.append(shown.el);
  el.append(own);
  below(model, host, el, signal);
  beat.start();
  offerFile(model, () => current()?.id, signal);
}
