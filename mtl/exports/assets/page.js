// The page: a box of text, a card for each task, and marks behind the words. What is typed, and what tasks and
// labels are called, is only ever set as text: nothing in it can run.

"use strict";

const facts = JSON.parse(document.getElementById("facts").textContent);
const box = document.getElementById("text");
const part = (id) => document.getElementById(id);

const SHOWN_LABELS = 4;
const NAMED_WORDS = 5;
// A word that matters less than this part of the task's most important one gets no mark.
const LEAST_SHARE = 0.35;
const STRONGEST_TINT = 38; // percent of the task's colour
const MOST_MARKED = 2000; // characters

function element(name, className, text) {
  const made = document.createElement(name);
  made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Whole percents; what is nearly 0 or 1 is never written as certain.
function percent(probability) {
  if (probability > 0.99) return "> 99%";
  return probability < 0.01 ? "< 1%" : `${Math.round(100 * probability)}%`;
}

// ---- Cards -------------------------------------------------------------------------------------------

// A task that only says whether another one's answer means anything has no card.
const shownTasks = facts.tasks.filter((task) => !task.serving);

// What an answer needs of another task and does not have: {otherwise, about}, or null.
function unmet(task, answer) {
  const other = task.needs && answer.tasks.find(({ task: name }) => name === task.needs.task);
  if (!other || other.label === task.needs.label) return null;
  return { otherwise: task.needs.otherwise, about: `${other.label} ${percent(other.confidence)}` };
}

// Whether the answer of a task is shown as one, and not grey.
function stands(task, answer) {
  return answer.readable && !answer.outOfDistribution && !unmet(task, answer);
}

// How a card looks: {kind, label, confidence, about}.
function shownAs(task, answer) {
  if (!answer) return { kind: "grey", label: "..." };
  const own = answer.tasks.find(({ task: name }) => name === task.name);
  const missing = unmet(task, answer);
  if (!answer.readable) return { kind: "grey told", label: "Nothing here can be read" };
  if (missing) return { kind: "grey told", label: missing.otherwise, about: missing.about, own };
  const confidence = percent(own.confidence);
  if (answer.outOfDistribution) return { kind: "grey", label: own.label, confidence, own };
  const about = own.sure ? "" : own.abstains ? "ask a person" : "not sure";
  return { kind: own.sure ? "" : "unsure", label: own.label, confidence, about, own };
}

function bars(own) {
  const ranked = [...own.scores].sort((a, b) => b.probability - a.probability).slice(0, SHOWN_LABELS);
  return own.scores
    .filter((score) => ranked.includes(score))
    .map((score) => {
      const place = ranked.indexOf(score);
      const row = element("div", `row ${place === 0 ? "top" : place === 1 ? "" : "further"}`);
      const name = element("span", "name", score.label);
      name.title = score.label;
      const fill = element("span", "fill");
      fill.style.width = `${100 * score.probability}%`;
      const track = element("span", "track");
      track.append(fill);
      row.append(name, track, element("span", "percent", percent(score.probability)));
      return row;
    });
}

function card(task, answer) {
  const { kind, label, confidence = "", about = "", own } = shownAs(task, answer);
  const made = element("section", `card ${kind}`);
  made.style.setProperty("--task", task.colour);
  made.setAttribute("aria-label", task.title);
  const line = element("div", "answer");
  line.append(element("span", "label", label), element("span", "confidence", confidence));
  line.append(element("span", "about", about));
  made.append(element("div", "title", task.title), line, ...(own ? bars(own) : []));
  return made;
}

function* notes(text, answer) {
  const unreadable = answer.words.filter((word) => word.unreadable);
  if (!answer.readable) yield "The model knows no word of this text.";
  else if (answer.outOfDistribution) yield facts.strange;
  if (unreadable.length) {
    const named = unreadable.slice(0, NAMED_WORDS).map(({ start, end }) => text.slice(start, end));
    const more = unreadable.length - NAMED_WORDS;
    yield `Cannot be read: ${named.join(" ")}${more > 0 ? ` and ${more} more` : ""}`;
  }
  if (answer.truncated) yield "Only the start was read: the text is longer than the encoder takes.";
}

// ---- Marks -------------------------------------------------------------------------------------------

// The task for which a word matters most, as a mark: {kind, colour, tint}, and a line of numbers per task.
function markOf(place, word, tasks, answer) {
  if (word.unreadable) {
    return { kind: "unread", lines: [{ text: "Cannot be read: the model knows no such sign" }] };
  }
  let most = { share: 0 };
  const lines = tasks.map(({ title, colour, name }) => {
    const { adds, label } = answer.tasks.find(({ task }) => task === name);
    const bound = Math.max(...adds.map(Math.abs));
    const share = bound ? adds[place] / bound : 0;
    if (Math.abs(share) > Math.abs(most.share)) most = { share, colour };
    const sign = adds[place] >= 0 ? "+" : "\u2212";
    const side = adds[place] >= 0 ? "for" : "against";
    return { colour, text: `${title}: ${sign}${Math.abs(adds[place]).toFixed(2)} ${side} ${label}` };
  });
  if (Math.abs(most.share) < LEAST_SHARE) return { kind: "", lines };
  const tint = Math.round(STRONGEST_TINT * Math.abs(most.share));
  return { kind: most.share > 0 ? "for" : "against", colour: most.colour, tint, lines };
}

// Behind the box lies the same text, unseen, and only its marks show.
function drawMarks(text, answer) {
  const mirror = part("mirror");
  mirror.replaceChildren();
  let at = 0;
  if (answer && text.length <= MOST_MARKED) {
    const tasks = shownTasks.filter((task) => stands(task, answer));
    answer.words.forEach((word, place) => {
      const mark = markOf(place, word, tasks, answer);
      const made = element("span", mark.kind, text.slice(word.start, word.end));
      made.style.setProperty("--task", mark.colour ?? "");
      made.style.setProperty("--tint", `${mark.tint ?? 0}%`);
      made.lines = mark.lines;
      mirror.append(text.slice(at, word.start), made);
      at = word.end;
    });
  }
  mirror.append(text.slice(at));
  fit();
}

// The box grows with its text, and the mirror stays where the box is.
function fit() {
  box.style.height = "auto";
  box.style.height = `${box.scrollHeight}px`;
  part("mirror").style.top = `${-box.scrollTop}px`;
  part("mirror").style.width = `${box.clientWidth}px`;
}

function tell(event) {
  const within = (r) =>
    r.left - 2 <= event.clientX && event.clientX <= r.right + 2 &&
    r.top <= event.clientY && event.clientY <= r.bottom;
  const word = [...part("mirror").children].find((made) => [...made.getClientRects()].some(within));
  const tip = part("tip");
  tip.hidden = !word || !word.lines.length;
  if (tip.hidden) return;
  tip.replaceChildren(
    ...word.lines.map(({ colour, text }) => {
      const line = element("div", "");
      if (colour) {
        const dot = element("i", "");
        dot.style.setProperty("--task", colour);
        line.append(dot);
      }
      line.append(text);
      return line;
    }),
  );
  const around = part("sentence").getBoundingClientRect();
  const where = word.getClientRects()[0];
  tip.style.top = `${where.bottom - around.top + 8}px`;
  const left = Math.min(where.left - around.left, around.width - tip.offsetWidth - 8);
  tip.style.left = `${Math.max(8, left)}px`;
}

const hideTip = () => {
  part("tip").hidden = true;
};

// ---- Asking the worker -------------------------------------------------------------------------------

const page = document.documentElement;
let worker = null;
let asked = 0; // the number of the latest question
let busy = false; // one question at a time: while it is answered, only the latest of the next ones waits

function show(text, answer, milliseconds) {
  part("cards").replaceChildren(...shownTasks.map((task) => card(task, answer)));
  part("notes").replaceChildren(...(answer ? [...notes(text, answer)].map((n) => element("span", "", n)) : []));
  drawMarks(text, answer);
  if (answer) part("state").textContent = `Computed here, in ${Math.max(1, Math.round(milliseconds))} ms.`;
  page.dataset.shown = text;
}

function ask() {
  const text = box.value;
  if (!text.trim()) {
    asked++;
    show(text, null);
  } else if (worker && !busy) {
    busy = true;
    worker.postMessage({ id: ++asked, text });
    worker.text = text;
  }
}

function heard({ data }) {
  if (data.problem) return fail(data.problem);
  if (data.ready) {
    part("state").textContent = "";
    page.dataset.ready = "yes";
    busy = false;
    return ask();
  }
  busy = false;
  if (box.value.trim() && data.id === asked) show(worker.text, data.answer, data.milliseconds);
  if (box.value !== worker.text) ask();
}

function fail(problem) {
  part("state").textContent = `This browser cannot run the model (${problem}). It needs to be from 2023 or later.`;
  page.dataset.ready = "no";
}

function start() {
  show("", null);
  part("about").textContent = facts.about;
  box.value = facts.first;
  drawMarks(box.value, null);
  if (typeof DecompressionStream === "undefined") return fail("it cannot unzip");
  const source = new Blob([part("program").textContent], { type: "text/javascript" });
  worker = new Worker(URL.createObjectURL(source));
  worker.onmessage = heard;
  worker.onerror = (event) => fail(event.message);
  busy = true; // until the model is unpacked
  worker.postMessage({ weights: part("weights").textContent });
  part("weights").remove(); // it has done its work, and takes 30 MB
  box.focus({ preventScroll: true });
  box.setSelectionRange(box.value.length, box.value.length);
}

box.addEventListener("input", () => {
  hideTip();
  drawMarks(box.value, null);
  ask();
});
box.addEventListener("scroll", () => {
  hideTip();
  fit();
});
part("sentence").addEventListener("pointermove", tell);
part("sentence").addEventListener("pointerdown", tell);
part("sentence").addEventListener("pointerleave", (event) => {
  if (event.pointerType === "mouse") hideTip();
});
new ResizeObserver(fit).observe(part("sentence"));
start();
