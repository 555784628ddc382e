// Text in, values out; nothing here touches the page.

/** Cuts an answer into blocks: {kind: "text" | "code", text}. A fence that is still open counts as code. */
export function blocks(answer) {
  const found = [];
  let lines = [];
  let fence = "";
  const flush = (kind) => {
    const text = lines.join("\n");
    if (kind === "code" || text.trim()) found.push({ kind, text: kind === "code" ? text : text.replace(/^\n+|\n+$/g, "") });
    lines = [];
  };
  for (const line of answer.split("\n")) {
    const mark = /^\s*(```+|~~~+)/.exec(line);
    if (mark && !fence) {
      flush("text");
      fence = mark[1];
    } else if (mark && mark[1].startsWith(fence) && line.trim() === mark[1]) {
      flush("code");
      fence = "";
    } else {
      lines.push(line);
    }
  }
  flush(fence ? "code" : "text");
  return found;
}

/** Cuts a line of text into spans: {kind: "plain" | "code" | "strong", text}. */
export function spans(text) {
  const found = [];
  let rest = 0;
  for (const match of text.matchAll(/`([^`\n]+)`|\*\*(?=\S)([^*\n]+?)(?<=\S)\*\*/g)) {
    if (match.index > rest) found.push({ kind: "plain", text: text.slice(rest, match.index) });
    found.push(match[1] === undefined ? { kind: "strong", text: match[2] } : { kind: "code", text: match[1] });
    rest = match.index + match[0].length;
  }
  if (rest < text.length) found.push({ kind: "plain", text: text.slice(rest) });
  return found;
}

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
