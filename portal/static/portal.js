// What a page gains when scripts run. Every page works without: links are links, forms are forms.
// Kept in this browser: only whether single keys are shortcuts.
(() => {
  "use strict";
  const find = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const on = (type, handler, options) => document.addEventListener(type, handler, options);

  // ── sending: the pressed button says so and cannot be pressed twice
  const sent = new Set();
  const sending = (button) => {
    if (!button || button.disabled) return;
    button.dataset.words = button.innerHTML;
    button.textContent = button.dataset.sending || "Sending…";
    button.disabled = true;
    sent.add(button);
  };
  const restore = () => {
    for (const button of sent) {
      button.disabled = false;
      if (button.dataset.words) button.innerHTML = button.dataset.words;
    }
    sent.clear();
  };
  on("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || "keep" in form.dataset) return;
    const button = event.submitter || find("button[type=submit]", form);
    // Later, so that the button's own name and value are still sent.
    setTimeout(() => { if (!event.defaultPrevented || form.closest("[hx-post],[hx-boost=true]")) sending(button); });
  });
  // A list's address says what narrows it, and not what doesn't.
  on("submit", (event) => {
    if (event.target.method !== "get") return;
    const empty = [...event.target.elements].filter((field) => field.name && !field.disabled && field.value === "");
    for (const field of empty) field.disabled = true;
    setTimeout(() => { for (const field of empty) field.disabled = false; });
  });
  addEventListener("pageshow", (event) => { if (event.persisted) restore(); });
  on("htmx:afterRequest", restore);

  // ── the portal cannot be reached: say that nothing was sent and nothing is lost
  const unreachable = () => {
    const place = find("#problem"), words = find("#not-sent");
    if (place && words) place.replaceChildren(words.content.cloneNode(true));
  };
  on("htmx:sendError", unreachable);
  on("htmx:timeout", unreachable);
  on("htmx:beforeRequest", () => find("#problem")?.replaceChildren());

  // ── explain panels: the focus goes to what opened, and back to what opened it
  let toggled = null;
  on("htmx:beforeRequest", (event) => {
    const toggle = event.detail.elt;
    toggled = toggle.dataset?.panel ? { panel: toggle.dataset.panel, id: toggle.id } : null;
  });
  on("htmx:afterSettle", () => {
    if (!toggled) return;
    (document.getElementById(toggled.panel) || document.getElementById(toggled.id))?.focus({ preventScroll: true });
    toggled = null;
  });

  // ── dialogs, details used as menus, copy buttons
  on("click", (event) => {
    const at = event.target;
    for (const menu of all("details[data-pop][open]")) if (!menu.contains(at)) menu.open = false;
    // Out of a drawer one goes back to the list that it was opened from, as it was.
    if (at.closest("[data-back]") && at.closest(".as-drawer")) { event.preventDefault(); history.back(); }
    const opener = at.closest("[data-dialog]");
    if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
    if (at.closest("[data-close]")) at.closest("dialog")?.close();
    if (at.matches("dialog")) at.close(); // the backdrop is the dialog itself
    const copy = at.closest("[data-copy]");
    if (copy) {
      const source = copy.dataset.copy.startsWith("#") ? find(copy.dataset.copy) : null;
      navigator.clipboard.writeText(source ? source.value ?? source.textContent.trim() : copy.dataset.copy)
        .then(() => { const words = copy.innerHTML; copy.textContent = "Copied"; setTimeout(() => { copy.innerHTML = words; }, 1500); });
    }
  });

  // ── selecting rows: the bar of actions shows while something is selected
  const counted = () => {
    for (const bar of all("[data-batch]")) {
      const boxes = all("tbody input[type=checkbox]", bar.closest("form") || document);
      const chosen = boxes.filter((box) => box.checked);
      bar.hidden = !chosen.length;
      for (const place of all("[data-count]", bar)) place.textContent = chosen.length;
      for (const box of boxes) box.closest("tr").classList.toggle("sel", box.checked);
      const whole = find("input[data-all]", bar.closest("form") || document);
      if (whole) { whole.checked = boxes.length > 0 && chosen.length === boxes.length; whole.indeterminate = chosen.length > 0 && !whole.checked; }
    }
  };
  on("change", (event) => {
    const box = event.target;
    if (box.matches("input[data-all]")) for (const each of all("tbody input[type=checkbox]", box.form || box.closest("table"))) each.checked = box.checked;
    if (box.matches("input[data-keys]")) { try { localStorage.setItem("keys", box.checked ? "on" : "off"); } catch { /* a browser may refuse */ } }
    if (box.matches("input[data-submits],select[data-submits]")) box.form.requestSubmit();
    if (box.matches("input[type=checkbox]")) counted();
  });

  // ── single keys; never inside a field, and they can be switched off
  const keysOn = () => { try { return localStorage.getItem("keys") !== "off"; } catch { return true; } };
  const rows = () => all("table[data-rows] tbody tr").filter((row) => find("a, input", row) && row.offsetParent);
  const move = (by) => {
    const list = rows(), now = list.findIndex((row) => row.classList.contains("focus"));
    const next = list[Math.min(Math.max(now + by, 0), list.length - 1)];
    if (!next) return;
    list[now]?.classList.remove("focus");
    next.classList.add("focus");
    (find("a[data-open], a", next) || find("input", next)).focus();
  };
  const acts = {
    j: () => move(1),
    k: () => move(-1),
    x: () => find("table[data-rows] tr.focus input[type=checkbox]")?.click(),
    "/": () => {
      const box = all("[data-search], .as-find input[type=search]").find((each) => each.offsetParent);
      if (box) { box.focus(); box.select(); } else if (find("[data-search]")) location.assign("/search");
    },
    "?": () => find("dialog#keys")?.showModal(),
  };
  on("keydown", (event) => {
    if (event.key === "Escape") {
      const back = find("[data-key=escape]");
      if (back) { event.preventDefault(); back.click(); return; }
      const menu = find("details[data-pop][open]");
      if (menu) { menu.open = false; find("summary", menu).focus(); return; }
      const panel = event.target.closest?.(".as-explain[id]");
      const toggle = panel && document.getElementById(`${panel.id}-toggle`);
      if (toggle) toggle.click();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !keysOn()) return;
    if (event.target.closest("input:not([type=checkbox],[type=radio]),textarea,select,dialog[open],[contenteditable]")) return;
    // A page's own keys: a button is pressed, a field takes the focus. Arrows move a page that has the focus.
    const key = event.key.toLowerCase();
    const own = !(key.startsWith("arrow") && event.target.closest("[tabindex='0']")) && find(`[data-key="${CSS.escape(key)}"]`);
    if (own) { event.preventDefault(); if (own.matches("a,button")) own.click(); else own.focus(); return; }
    const act = acts[key];
    if (act && (event.key === "/" || event.key === "?" || rows().length)) { event.preventDefault(); act(); }
  });

  // ── what only makes sense with scripts starts hidden
  const ready = () => {
    for (const each of all("[data-script]")) each.hidden = false;
    for (const box of all("input[data-keys]")) box.checked = keysOn();
    counted();
  };
  ready();
  on("htmx:afterSettle", ready);
})();
