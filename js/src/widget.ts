/** The card's bundle. `render` is small and synchronous (anywidget gives up silently after 2 s). */
import { renderCard } from "./card-widget";
import { initialize } from "./initialize";
import type { RenderProps } from "./model";

function render(props: RenderProps): void {
  props.el.classList.add("pvideo-host");
  renderCard(props);
}

export default { initialize, render };
