// Text in, values out; nothing here touches the page.

/** Says a number of tokens. */
export function tokens(count) {
  return `${count.toLocaleString("en-US").replaceAll(",", "\u202f")} ${count === 1 ? "token" : "tokens"}`;
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
  if (cost) said.push(`about ${dollars(cost.amount)}`);
  return said.join(" · ");
}

/** Says who answers, if it is not a service that is asked over the network. */
export const sources = { sandbox: "Sandbox", local: "Embedded model" };
