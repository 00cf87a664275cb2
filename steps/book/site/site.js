// Keys, blocks of code that scroll, and the search. All pages work without it.
"use strict";

const typing = (target) =>
  target.closest("input, textarea, select, [contenteditable], pre, .formula, .wide");

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (typing(event.target)) return;
  const kind = { ArrowLeft: "prev", ArrowRight: "next" }[event.key];
  const link = kind && document.querySelector(`link[rel="${kind}"]`);
  if (link) {
    event.preventDefault();
    location.href = link.href;
  } else if (event.key === "/") {
    event.preventDefault();
    document.querySelector(".search input").focus();
  }
});

// What scrolls sideways can be reached with the keyboard.
function reachable() {
  for (const block of document.querySelectorAll("pre, .formula, .wide")) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }
}
addEventListener("load", reachable);
addEventListener("resize", reachable);
document.addEventListener("toggle", reachable, true);

// A printed page shows what is folded away, in browsers whose style sheet cannot.
const folded = () => document.querySelectorAll("details:not([open])");
addEventListener("beforeprint", () => {
  for (const fold of folded()) fold.open = fold.dataset.printed = true;
});
addEventListener("afterprint", () => {
  for (const fold of document.querySelectorAll("details[data-printed]")) {
    fold.open = false;
    delete fold.dataset.printed;
  }
});

// A link to something that is folded away unfolds it.
function unfold() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const fold = target && target.closest("details");
  if (fold) {
    fold.open = true;
    target.scrollIntoView();
  }
}
addEventListener("hashchange", unfold);
addEventListener("load", unfold);

// All words must be there; a title counts more than a text.
function search(words) {
  const found = [];
  for (const [kind, title, url, text] of INDEX) {
    const head = title.toLowerCase();
    const body = text.toLowerCase();
    let score = 0;
    for (const word of words) {
      if (head === word) score += 20;
      else if (head.split(/[^\w]+/).includes(word)) score += 8;
      else if (head.includes(word)) score += 4;
      else if (body.includes(word)) score += 1;
      else score = -Infinity;
    }
    if (kind === "Word" || kind === "Step") score += 1;
    if (score > 0) found.push({ score, kind, title, url, text });
  }
  return found.sort((a, b) => b.score - a.score);
}

// The words around the first place where one of them is found.
function around(text, words) {
  const lower = text.toLowerCase();
  const places = words.map((word) => lower.indexOf(word)).filter((at) => at >= 0);
  const from = Math.max(0, Math.min(...places, text.length) - 60);
  const start = places.length ? from : 0;
  return (start ? "... " : "") + text.slice(start, start + 160);
}

function show() {
  const input = document.querySelector(".search input");
  const query = new URLSearchParams(location.search).get("q") || "";
  input.value = input.value || query;
  const list = document.getElementById("results");
  const update = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.replaceChildren();
    const found = words.length ? search(words) : [];
    const shown = found.slice(0, 40);
    document.getElementById("found").textContent = !words.length
      ? "Type a word above."
      : `${found.length} found` + (found.length > 40 ? ", the first 40:" : "");
    for (const { kind, title, url, text } of shown) {
      const item = document.createElement("li");
      const link = document.createElement("a");
      link.href = url;
      link.textContent = title;
      const label = document.createElement("span");
      label.className = "kind";
      label.textContent = kind;
      item.append(label, " ", link);
      if (text) {
        const words_ = document.createElement("p");
        words_.textContent = around(text, words);
        item.append(words_);
      }
      list.append(item);
    }
  };
  input.addEventListener("input", update);
  update();
}
if (document.getElementById("results")) addEventListener("load", show);
