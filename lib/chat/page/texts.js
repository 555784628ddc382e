// The texts of the visitor's language, or English.

const LANGUAGES = ["en", "de"];
const language = navigator.languages.map((name) => name.slice(0, 2)).find((name) => LANGUAGES.includes(name)) ?? "en";

export const t = (await import(`./texts-${language}.js`)).default;

/** Puts the texts where index.html names them: data-text, data-label (for screen readers), data-hint (placeholders). */
export function fill(root) {
  document.documentElement.lang = language;
  for (const element of root.querySelectorAll("[data-text]")) element.textContent = t[element.dataset.text];
  for (const element of root.querySelectorAll("[data-label]")) element.setAttribute("aria-label", t[element.dataset.label]);
  for (const element of root.querySelectorAll("[data-hint]")) element.placeholder = t[element.dataset.hint];
}

/** The sentence for an error in the visitor's language; the server's own where that language has none. */
export function errorText(code, message) {
  const said = Object.hasOwn(t.errors, code) ? t.errors[code] : message;
  return typeof said === "function" ? said(message) : said;
}
