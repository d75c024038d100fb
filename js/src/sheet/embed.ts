/** Shows another widget of this kernel inside ours, where the host lets us. */
import { loose, type Model } from "../model";

export async function embed(model: Model, id: string, place: HTMLElement, signal: AbortSignal): Promise<boolean> {
  try {
    const manager = loose(model.widget_manager);
    const find = manager?.["get_model"];
    const make = manager?.["create_view"];
    if (!id || typeof find !== "function" || typeof make !== "function") return false;
    const found: unknown = await find.call(manager, id);
    const view = loose(await make.call(manager, found, {}));
    const el = view?.["el"];
    if (!(el instanceof HTMLElement) || signal.aborted) return false;
    place.replaceChildren(el);
    signal.addEventListener("abort", () => typeof view?.["remove"] === "function" && view["remove"](), { once: true });
    return true;
  } catch {
    return false;
  }
}
