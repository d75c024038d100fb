/** The widget's front end: one bundle, two views. `render` is small and synchronous (anywidget gives up silently after 2 s). */
import { renderCard } from "./card-widget";
import { revive } from "./clean";
import type { Model, RenderProps } from "./model";
import { renderStudio } from "./studio/studio";

function render(props: RenderProps): void {
  props.el.classList.add("pvideo-host");
  if (props.model.get("kind") === "studio") renderStudio(props);
  else renderCard(props);
}

/** Runs for every live widget when a page is loaded, shown or not. */
function initialize({ model }: { model: Model }): void {
  if (model.get("kind") === "studio") void revive(model);
}

export default { initialize, render };
