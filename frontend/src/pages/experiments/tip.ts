/** Explanations of what is hovered or focused: whatever has `data-tip`. */
import { make } from "../dom.js";

const GAP_PX = 6;

/** One for the page. */
export function watchTips(): void {
  const tip = make("div", { className: "tip", id: "tip", hidden: true });
  tip.setAttribute("role", "tooltip");
  document.body.append(tip);
  let about: HTMLElement | null = null;

  const hide = (): void => {
    about?.removeAttribute("aria-describedby");
    about = null;
    tip.hidden = true;
  };
  const show = (event: Event): void => {
    const target = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-tip]") : null;
    if (target === about) return;
    hide();
    if (target === null) return;
    about = target;
    tip.textContent = target.dataset["tip"] ?? "";
    tip.hidden = false;
    target.setAttribute("aria-describedby", tip.id);
    place(tip, target.getBoundingClientRect());
  };
  document.addEventListener("mouseover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("scroll", hide, true);
  document.addEventListener("keydown", ({ key }) => {
    if (key === "Escape") hide();
  });
}

/** Under its subject, or over it where there is no room. */
function place(tip: HTMLElement, subject: DOMRect): void {
  const { width, height } = tip.getBoundingClientRect();
  const left = Math.max(GAP_PX, Math.min(subject.left, innerWidth - width - GAP_PX));
  const under = subject.bottom + GAP_PX;
  const top = under + height <= innerHeight ? under : subject.top - GAP_PX - height;
  tip.style.left = `${left}px`;
  tip.style.top = `${Math.max(0, top)}px`;
}
