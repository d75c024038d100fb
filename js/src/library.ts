/** The history's front end: a search box, the rows that are seen, and the card of the one that was opened. */
import { renderHistory } from "./library/history";
import { initialize } from "./initialize";
import type { RenderProps } from "./model";

function render(props: RenderProps): void {
  props.el.classList.add("pvideo-host");
  renderHistory(props);
}

export default { initialize, render };
