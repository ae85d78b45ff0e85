// Enhancements only: every form works without this file.
// Words come from <template id="script-words">, so that they are translated.

const words = document.getElementById("script-words").dataset;

function element(tag, attributes, text = "") {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.textContent = text;
  return made;
}

const announcer = element("p", { class: "visually-hidden", role: "status" });
document.querySelector("main").append(announcer);

// --- A refused form: take the reader to what is wrong ------------------------------

document.querySelector(".form-errors")?.focus();

// --- The account menu closes on Escape and on a click elsewhere --------------------

for (const menu of document.querySelectorAll("details.menu")) {
  document.addEventListener("click", (event) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}

// --- The current section is in view when the sections are a strip ------------------

const current = document.querySelector(".sections [aria-current]");
if (current) {
  const strip = current.closest("ul");
  strip.scrollLeft = current.offsetLeft - (strip.clientWidth - current.offsetWidth) / 2;
}

// --- What scrolls in a project's description can be scrolled with the keys --------

for (const part of document.querySelectorAll(".prose :is(pre, table)")) {
  if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
}

// --- Copy buttons: data-copy="#id" or data-copy-text="…" ---------------------------

async function copy(button) {
  const source = button.dataset.copy && document.querySelector(button.dataset.copy);
  const text = source ? source.dataset.copyValue ?? source.textContent.trim() : button.dataset.copyText;
  const label = button.querySelector("span") ?? button;
  const before = button.dataset.label ?? (button.dataset.label = label.textContent);
  await navigator.clipboard.writeText(text);
  label.textContent = words.copied;
  announcer.textContent = words.copied;
  setTimeout(() => {
    label.textContent = before;
    announcer.textContent = "";
  }, 2000);
}

if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy], [data-copy-text]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}

// --- Password boxes: show, and hide again before the form is sent ------------------

function offerToShow(input) {
  const label = input.labels[0]?.textContent.trim() ?? "";
  const box = element("div", { class: "reveal" });
  const button = element("button", { type: "button", class: "reveal-button", "aria-controls": input.id });
  const draw = () => {
    const hidden = input.type === "password";
    button.textContent = hidden ? words.show : words.hide;
    button.append(element("span", { class: "visually-hidden" }, ` ${label}`));
  };
  input.replaceWith(box);
  box.append(input, button);
  draw();
  button.addEventListener("click", () => {
    input.type = input.type === "password" ? "text" : "password";
    draw();
  });
  input.form?.addEventListener("submit", () => { input.type = "password"; });
}

// --- New passwords: a word on their strength; the server decides -------------------

const COMMON = /password|passwort|letmein|welcome|qwert[yz]|asdf|admin|iloveyou|dragon|monkey|secret|login|abc|123|(?:19|20)\d\d/gi;

function ownWords(input) {
  const fields = [...input.form.elements].filter((other) => ["text", "email"].includes(other.type) && other !== input);
  const listed = (input.dataset.strengthWords ?? "").split(" ");
  return [...fields.flatMap((other) => other.value.split(/[^\p{L}\p{N}]+/u)), ...listed].filter((word) => word.length > 2);
}

// What is left once words of one's own, common words, repeats and runs count once.
function residue(password, own) {
  let left = password.toLowerCase();
  for (const word of own) left = left.replaceAll(word.toLowerCase(), "\u0001");
  left = left.replace(COMMON, "\u0001").replace(/(.{1,8}?)\1+/gu, "$1");
  return [...left].filter((sign, at, all) => at === 0 || Math.abs(sign.codePointAt(0) - all[at - 1].codePointAt(0)) !== 1);
}

function judge(password, own, least) {
  if ([...password].length < least) return "short";
  const left = residue(password, own);
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\d/, /[^\p{L}\d]/u].filter((kind) => kind.test(password)).length;
  const points = Math.min(left.length, new Set(left).size * 1.5) + 2 * (kinds - 1);
  return points < 11 ? "easy" : points < 19 ? "fair" : "strong";
}

function tellStrength(input) {
  const least = Number(input.dataset.strength) || 15;
  const note = element("p", { class: "strength", role: "status" });
  let timer;
  (input.closest(".reveal") ?? input).after(note);
  note.hidden = true;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const level = judge(input.value, ownWords(input), least);
      note.hidden = input.value === "";
      note.dataset.level = level;
      note.textContent = `${words.strength} ${words[level]}`;
    }, 250);
  });
}

for (const input of document.querySelectorAll("input[type=password]")) offerToShow(input);
for (const input of document.querySelectorAll("input[data-strength]")) tellStrength(input);
