// What scripts add: the chosen file's name, upload progress, copy buttons. Every page works without it.
(function () {
  "use strict";

  document.documentElement.classList.add("js");

  function byId(id) { return document.getElementById(id); }

  function inUnits(bytes) {
    var units = ["bytes", "kB", "MB", "GB"], step = 0;
    while (bytes >= 1000 && step < units.length - 1) { bytes /= 1000; step += 1; }
    return (step === 0 ? bytes : Number(bytes.toPrecision(3))) + "\u00a0" + units[step];
  }

  // --- the chosen file ---------------------------------------------------------------------------
  // Characters that hide or reorder others are shown by their code point, as the server does.
  function revealed(name) {
    return name.replace(/[\u0000-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g, function (c) {
      return "U+" + c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
    });
  }

  function isTooLarge(input) {
    var file = input.files[0], limit = Number(input.dataset.maxBytes);
    return Boolean(file && limit && file.size > limit);
  }

  function showChosen(input) {
    var line = byId("file-name");
    if (!line || input.id !== "file") { return; }
    var file = input.files[0], limit = Number(input.dataset.maxBytes);
    var tooLarge = isTooLarge(input);
    line.classList.toggle("wrong", tooLarge);
    line.textContent = !file ? "" : revealed(file.name) + ", " + inUnits(file.size) +
      (tooLarge ? ": larger than " + inUnits(limit) + ", the most this installation takes" : "");
  }

  document.addEventListener("change", function (event) {
    if (event.target.type === "file") { showChosen(event.target); }
  });
  ["dragenter", "dragover", "dragleave", "drop"].forEach(function (kind) {
    document.addEventListener(kind, function (event) {
      var zone = event.target.closest ? event.target.closest(".drop") : null;
      if (zone) { zone.classList.toggle("over", kind === "dragenter" || kind === "dragover"); }
      // A file dropped beside the zone must not replace the page.
      else if (kind === "dragover" || kind === "drop") { event.preventDefault(); }
    });
  });

  // --- sending -----------------------------------------------------------------------------------
  function sending(form, on) {
    var box = byId("sending"), button = form.querySelector("button[type=submit]");
    if (box) { box.hidden = !on; }
    if (button) { button.disabled = on; }
  }

  function say(label, text, value) {
    var bar = byId("sending-bar");
    byId("sending-label").textContent = label;
    byId("sending-text").textContent = text;
    if (value === null) { bar.removeAttribute("value"); } else { bar.value = value; }
  }

  function complain(sentence) {
    var box = byId("problem"), inner = document.createElement("div"), line = document.createElement("p");
    if (!box) { return; }
    inner.className = "problem";
    inner.setAttribute("role", "alert");
    line.textContent = sentence;
    inner.append(line);
    box.replaceChildren(inner);
  }

  function problemIn(body) {
    try {
      var problem = JSON.parse(body);
      return (problem.detail || problem.title) + " (" + problem.code + ")";
    } catch (error) {
      return "This could not be taken.";
    }
  }

  document.addEventListener("htmx:beforeRequest", function (event) {
    var form = event.target;
    if (!form.dataset || !form.dataset.sends) { return; }
    var chosen = form.querySelector("#file"), kind = form.querySelector("[name=kind]:checked");
    if (chosen && kind && kind.value === "file" && isTooLarge(chosen)) {
      event.preventDefault();
      complain("This file is larger than " + inUnits(Number(chosen.dataset.maxBytes)) + ", the most this installation takes. (too_large)");
      return;
    }
    byId("problem").replaceChildren();
    // An answer about the content before must not stand beside the one that is being checked.
    if (byId("result")) { byId("result").replaceChildren(); }
    say("Sending", "", 0);
    sending(form, true);
  });
  // The form takes progress events of its request from htmx.
  document.addEventListener("htmx:xhr:progress", function (event) {
    var form = event.target.closest ? event.target.closest("form[data-sends]") : null;
    if (!form || !event.detail.lengthComputable || byId("sending").hidden) { return; }
    var loaded = event.detail.loaded, total = event.detail.total;
    if (loaded >= total) { say(form.dataset.sends, "", null); return; }
    say("Sending", inUnits(loaded) + " of " + inUnits(total), Math.round((100 * loaded) / total));
  });
  document.addEventListener("htmx:beforeSwap", function (event) {
    var form = event.detail.requestConfig && event.detail.requestConfig.elt;
    if (!form || !form.dataset || !form.dataset.sends || event.detail.xhr.status < 400) { return; }
    event.detail.target = byId("problem");
    if ((event.detail.xhr.getResponseHeader("Content-Type") || "").indexOf("json") !== -1) {
      // The door in front of the pages refuses what is too large, and speaks to programs.
      event.detail.shouldSwap = false;
      complain(problemIn(event.detail.xhr.responseText));
    }
    var result = byId("result");
    if (result) { result.replaceChildren(); }
  });
  document.addEventListener("htmx:afterRequest", function (event) {
    var form = event.target;
    if (form.dataset && form.dataset.sends && !event.detail.xhr.getResponseHeader("HX-Redirect")) { sending(form, false); }
  });
  document.addEventListener("htmx:responseError", function (event) {
    var status = event.detail.xhr.status;
    complain(status === 403
      ? "This page was open for too long. Reload it and send again."
      : status === 413 ? "This is larger than this installation takes."
      : "Something went wrong on our side (" + status + "). Please try again in a minute.");
  });
  document.addEventListener("htmx:sendError", function (event) {
    if (event.target.dataset && event.target.dataset.sends) {
      complain("The connection broke off before everything was sent. Check that you are online and that the file is not too large.");
    }
  });
  document.addEventListener("htmx:afterSwap", function (event) {
    var heading = event.target.querySelector ? event.target.querySelector("[data-focus]") : null;
    if (heading) {
      heading.focus({ preventScroll: true });
      heading.scrollIntoView({ block: "start", behavior: "auto" });
    }
    addCopyButtons(document);
  });

  // --- copying -----------------------------------------------------------------------------------
  function addCopyButtons(root) {
    if (!navigator.clipboard) { return; }
    root.querySelectorAll("[data-copy-text]:not([data-copy-ready])").forEach(function (holder) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "copy";
      button.textContent = "Copy";
      button.setAttribute("aria-label", "Copy the " + holder.dataset.copyLabel);
      button.addEventListener("click", function () {
        navigator.clipboard.writeText(holder.dataset.copyText).then(function () {
          button.textContent = "Copied";
          window.setTimeout(function () { button.textContent = "Copy"; }, 1500);
        });
      });
      holder.dataset.copyReady = "yes";
      if (holder.tagName === "PRE") { holder.after(button); } else { holder.append(button); }
    });
  }
  if (document.readyState === "loading") {
    document.addEventListener("DOMContentLoaded", function () { addCopyButtons(document); });
  } else {
    addCopyButtons(document);
  }
  document.querySelectorAll("input[type=file]").forEach(showChosen);
})();
