// The visitor's side of kindline.chat.v1. What is said becomes text nodes, never markup; what is typed leaves this page
// only when it is sent; what could not be sent stays here and is tried again under the same id.
import { WORDS, languageOf } from "./words.js";

const place = new URLSearchParams(location.search);
const language = languageOf(place.get("language") ? [place.get("language")] : navigator.languages || ["en"]);
const words = WORDS[language];
// A bare address shows the chat of the plan that Kindline comes with; a site names its own.
const pool = place.get("pool") || "acme/support";
const entryPoint = place.get("entry_point") || (language === "zh" ? "web-chat-zh" : "web-chat");
const STORE = `kindline:${pool}:${entryPoint}`;
const LONGEST_SILENCE = 60_000; // The server speaks every 25 s; longer silence means that nobody is there.
const ACCEPT_WITHIN = 12_000;
const at = (id) => document.getElementById(id);
const [lines, form, text, send, leave, callBack, standing, notice] =
  ["lines", "form", "text", "send", "leave", "call_back", "standing", "notice"].map(at);

// Kept for this tab's browser, so that a reload goes on where it was: who the visitor is, and what is not sent yet.
const kept = load();
let socket = null;
let ready = false;
let tries = 0;
let heardAt = 0;
let available = true;
let stopped = false;
let conversation = "";
let lastSeq = 0;
let lastMessageId = "";
let state = { state: "connecting", name: "", ended_by: "" };
let told = null; // the last word on place and wait, while the visitor waits
let retryTimer = 0;
const known = new Map(); // message id -> its element
const flying = new Map(); // client message id -> when it was sent

function load() {
  try {
    const found = JSON.parse(localStorage.getItem(STORE) || "{}");
    return { token: String(found.token || ""), unsent: Array.isArray(found.unsent) ? found.unsent : [] };
  } catch {
    return { token: "", unsent: [] };
  }
}

function keep() {
  try {
    localStorage.setItem(STORE, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing still chats; it only forgets on reload.
  }
}

function say(key, name) {
  return words[key].replace("{name}", () => name || words.agent);
}

// --- What the visitor sees ---------------------------------------------------------------------------------------------

function show() {
  const open = ["waiting", "with_agent", "on_hold"].includes(state.state);
  const waits = ready && state.state === "waiting";
  const called = waits && state.call_back === "promised" ? words.call_back_promised : "";
  standing.textContent = called || (waits && told
    ? placeAndWait(told)
    : say(ready || stopped ? (state.state === "ended" ? "over" : state.state) : "connecting", state.name));
  callBack.hidden = !(waits && state.call_back === "offered");
  leave.hidden = !open;
  send.disabled = stopped;
  text.disabled = stopped;
  const trouble = stopped ? "nowhere" : !ready && tries > 1 ? "offline" : ready && !available ? "away" : "";
  notice.hidden = !trouble;
  notice.textContent = trouble ? words[trouble] : "";
  document.title = state.state === "with_agent" ? `${say("with_agent", state.name)} · Kindline` : `${words.title} · Kindline`;
}

// What a visitor who waits is told; a range in whole minutes that holds all that was said in seconds.
function placeAndWait(frame) {
  const said = [];
  if (frame.announcement === "kindline.overtaken") said.push(words.overtaken);
  if (frame.announcement === "kindline.delayed") said.push(words.delayed);
  // A plan's own announcements are shown where the page knows words for them; other channels have theirs.
  if (Object.hasOwn(words.announcements, frame.announcement)) said.push(words.announcements[frame.announcement]);
  if (frame.position) said.push(words.place.replace("{position}", frame.position));
  if (frame.most_seconds !== null) {
    const least = Math.floor(frame.least_seconds / 60);
    const most = Math.max(1, Math.ceil(frame.most_seconds / 60));
    const form = most === 1 ? "wait_soon" : least && least < most ? "wait" : "wait_upto";
    said.push(words[form].replace("{least}", least).replace("{most}", most));
  }
  return said.length ? said.join(language === "zh" ? "" : " ") : words.waiting;
}

function atEnd() {
  return lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
}

function put(element) {
  const follow = atEnd();
  lines.append(element);
  if (follow) lines.scrollTop = lines.scrollHeight;
}

function lineOf(id, ours, name, said) {
  let element = known.get(id);
  if (!element) {
    element = document.createElement("li");
    const who = document.createElement("span");
    const body = document.createElement("p");
    who.className = "who";
    body.className = "words";
    element.append(who, body);
    known.set(id, element);
    put(element);
  }
  element.className = ours ? "line ours" : "line";
  element.firstChild.textContent = ours ? words.you : name || words.agent;
  element.lastChild.textContent = said || words.attachment;
  return element;
}

function event(said) {
  const element = document.createElement("li");
  element.className = "event";
  element.textContent = said;
  put(element);
}

function showUnsent(message, why = "unsent") {
  const element = lineOf(message.id, true, "", message.text);
  element.classList.add("unsent");
  element.firstChild.textContent = words[flying.has(message.id) ? "sending" : why];
}

// --- What comes from Kindline -------------------------------------------------------------------------------------------

const heard = {
  welcome(frame) {
    kept.token = frame.token;
    keep();
    ready = true;
    tries = 0;
    flying.clear();
    flush();
  },
  service(frame) {
    available = frame.available;
    if (available) flush();
  },
  state(frame) {
    if (frame.conversation !== conversation) begin(frame.conversation);
    const joins = frame.state === "with_agent" && (state.state !== "with_agent" || state.name !== frame.name);
    const ends = frame.state === "ended" && state.state !== "ended";
    state = frame;
    if (frame.state !== "waiting") told = null;
    if (joins) event(say("joined", frame.name));
    if (ends) event(say(frame.ended_by ? `ended_${frame.ended_by}` : "ended", frame.name));
  },
  wait(frame) {
    if (frame.position) told = frame;
  },
  message(frame) {
    if (frame.conversation !== conversation) begin(frame.conversation);
    const ours = frame.from === "customer";
    if (ours) settle(frame.message_id);
    lineOf(frame.message_id, ours, frame.name, frame.text);
    lastSeq = frame.seq;
    lastMessageId = frame.message_id;
    if (!ours) acknowledge();
  },
  accepted(frame) {
    settle(frame.client_message_id);
  },
  unavailable(frame) {
    flying.delete(frame.client_message_id);
    kept.unsent.forEach((message) => showUnsent(message));
    tryAgain(frame.retry_after);
  },
  slow_down(frame) {
    flying.delete(frame.client_message_id);
    kept.unsent.forEach((message) => showUnsent(message, "slow"));
    tryAgain(frame.retry_after);
  },
  error(frame) {
    if (frame.code === "too_long") drop();
  },
  ping() {
    tell({ type: "pong" });
  },
};

function begin(identity) {
  conversation = identity;
  lastSeq = 0;
  lastMessageId = "";
  state = { state: "none", name: "", ended_by: "" };
}

function settle(id) {
  flying.delete(id);
  const index = kept.unsent.findIndex((message) => message.id === id);
  if (index < 0) return;
  const [message] = kept.unsent.splice(index, 1);
  keep();
  lineOf(id, true, "", message.text);
}

function drop() {
  const message = kept.unsent.shift();
  if (!message) return;
  flying.delete(message.id);
  keep();
  event(words.too_long);
  text.value = message.text;
}

function acknowledge() {
  if (!conversation || !lastSeq) return;
  const visible = document.visibilityState === "visible";
  tell({ type: visible ? "read" : "delivered", conversation, seq: lastSeq });
}

// --- What goes to Kindline ----------------------------------------------------------------------------------------------

function tell(frame) {
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function flush() {
  // One at a time: what was said first arrives first, also when the first try fails.
  const message = kept.unsent[0];
  if (!message || !ready || flying.size) return;
  flying.set(message.id, Date.now());
  tell({ type: message.type || "message", client_message_id: message.id, text: message.text });
  showUnsent(message);
}

function tryAgain(seconds) {
  clearTimeout(retryTimer);
  retryTimer = setTimeout(flush, Math.max(0.5, seconds || 3) * 1000);
}

function identity() {
  const chance = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(chance, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

form.addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  const said = text.value;
  if (!said.trim() || stopped) return;
  text.value = "";
  grow();
  queueUp({ id: identity(), text: said });
});

function queueUp(message) {
  kept.unsent.push(message);
  keep();
  showUnsent(message);
  flush();
  lines.scrollTop = lines.scrollHeight;
}

callBack.addEventListener("click", () => {
  // Who changes their mind says nothing, waits on, and may still take it later.
  const where = (prompt(words.call_back_where) || "").trim();
  if (where && !stopped) queueUp({ id: identity(), text: where, type: "call_back" });
});

text.addEventListener("keydown", (key) => {
  // Enter chooses a word while an input method is open, as for Chinese; only then it does not send.
  if (key.key !== "Enter" || key.shiftKey || key.isComposing || key.keyCode === 229) return;
  key.preventDefault();
  form.requestSubmit();
});

text.addEventListener("input", grow);

function grow() {
  text.style.height = "auto";
  text.style.height = `${Math.min(text.scrollHeight + 2, 144)}px`;
}

leave.addEventListener("click", () => {
  const called = state.call_back === "promised" && state.state === "waiting";
  if (confirm(called ? words.confirm_no_call : words.confirm_leave)) tell({ type: "leave" });
});

document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") acknowledge();
});

// --- The connection -----------------------------------------------------------------------------------------------------

function connect() {
  tries += 1;
  heardAt = Date.now();
  socket = new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/chat`, "kindline.chat.v1");
  socket.addEventListener("open", () => {
    tell({
      type: "hello", pool, entry_point: entryPoint, token: kept.token || null, conversation,
      last_seq: lastSeq, last_message_id: lastMessageId, language: place.get("language") || "",
    });
  });
  socket.addEventListener("message", (message) => {
    heardAt = Date.now();
    const frame = JSON.parse(message.data);
    if (Object.hasOwn(heard, frame.type)) heard[frame.type](frame);
    if (frame.type === "accepted") flush();
    show();
  });
  socket.addEventListener("close", (closed) => {
    ready = false;
    flying.clear();
    kept.unsent.forEach((message) => showUnsent(message));
    stopped = closed.code === 4404 || closed.code === 4400;
    show();
    if (!stopped) setTimeout(connect, Math.min(15_000, 500 * 2 ** Math.min(tries, 5)) * (0.75 + Math.random() / 2));
  });
}

setInterval(() => {
  if (socket && socket.readyState <= WebSocket.OPEN && Date.now() - heardAt > LONGEST_SILENCE) socket.close();
  for (const [id, sentAt] of flying) {
    if (Date.now() - sentAt > ACCEPT_WITHIN) {
      flying.delete(id);
      flush();
    }
  }
}, 2_000);

document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
for (const element of document.querySelectorAll("[data-words]")) element.textContent = words[element.dataset.words];
text.placeholder = words.placeholder;
text.maxLength = 16_000;
kept.unsent.forEach((message) => showUnsent(message));
show();
connect();
