// Numbers in words; nothing here touches the page.

import { t } from "./texts.js";

/** Says a number of tokens. */
export function tokens(count) {
  return t.tokens(count, count.toLocaleString("en-US").replaceAll(",", "\u202f"));
}

/** Says an amount of dollars, small ones with as many digits as they need. */
export function dollars(amount) {
  if (amount === 0) return "$0";
  const digits = Math.min(8, Math.max(2, 1 - Math.floor(Math.log10(amount))));
  return `$${amount.toFixed(digits)}`;
}

/** Says what a turn, or several, used and cost; "" if nothing is known. */
export function bill(usage, cost) {
  const said = [];
  if (usage) said.push(tokens(usage.total));
  if (cost) said.push(t.about(dollars(cost.amount)));
  return said.join(" · ");
}
