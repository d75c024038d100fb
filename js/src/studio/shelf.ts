/** The cards of the Studio: one in full, kept as they are while another is shown, so that no video is torn down. */
import { card, type Card, type CardTools } from "../card";
import type { View } from "../view";

const KEPT = 6;

interface Slot {
  card: Card;
  end: AbortController;
}

export interface Shelf {
  /** The element of the card to show, brought up to date. */
  show(view: View): HTMLElement;
  update(views: View[], fresh: boolean): void;
  kernel(gone: boolean): void;
}

export function shelf(tools: CardTools): Shelf {
  const slots = new Map<string, Slot>();
  let gone = false;
  const drop = (id: string): void => {
    slots.get(id)?.end.abort();
    slots.get(id)?.card.el.remove();
    slots.delete(id);
  };
  tools.signal.addEventListener("abort", () => [...slots.keys()].forEach(drop), { once: true });

  const make = (view: View): Slot => {
    const end = new AbortController();
    const slot = { card: card({ ...tools, signal: end.signal }), end };
    slots.set(view.id, slot);
    slot.card.update(view, false);
    slot.card.kernel(gone);
    return slot;
  };
  return {
    show(view) {
      const slot = slots.get(view.id) ?? make(view);
      // The last one shown is the last to go.
      slots.delete(view.id);
      slots.set(view.id, slot);
      for (const id of [...slots.keys()].slice(0, -KEPT)) drop(id);
      return slot.card.el;
    },
    update(views, fresh) {
      for (const id of slots.keys()) {
        const view = views.find((one) => one.id === id);
        if (view) slots.get(id)?.card.update(view, fresh);
        else drop(id);
      }
    },
    kernel(isGone) {
      gone = isGone;
      slots.forEach((slot) => slot.card.kernel(isGone));
    },
  };
}
