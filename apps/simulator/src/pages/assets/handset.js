// Adds the phone's keys to the page. Without this script, the links and forms do the same.
(() => {
  const { home } = document.body.dataset;
  if (home === undefined) return;
  document.documentElement.classList.add("js");

  const screen = () => document.querySelector("#screen");
  const input = () => screen().querySelector("input:not([type=hidden])");
  const lines = () => [...screen().querySelectorAll(".list a, .list button")];

  const prepare = () => {
    const field = input();
    if (field !== null) {
      // Numbers are entered with the phone's keys, so the device's keyboard must not cover them. Text needs that
      // keyboard.
      if (field.inputMode === "numeric") field.inputMode = "none";
      field.focus();
    } else lines()[0]?.focus({ preventScroll: true });
    const timer = screen().querySelector("[data-ends-at]");
    if (timer !== null) timer.hidden = false;
    tick();
  };

  const tick = () => {
    const timer = screen().querySelector("[data-ends-at]");
    if (timer === null) return;
    const seconds = Math.ceil((Number(timer.dataset.endsAt) - Date.now()) / 1000);
    timer.querySelector("b").textContent = String(Math.max(seconds, 0));
  };
  setInterval(tick, 500);

  const press = {
    left: () => {
      const soft = screen().querySelector("[data-soft=left]");
      const chosen = lines().find((line) => line === document.activeElement) ?? lines()[0];
      (soft ?? chosen)?.click();
    },
    right: () => screen().querySelector("[data-soft=right]")?.click(),
    up: () => move(-1),
    down: () => move(1),
    end: () => location.assign(home),
    erase: () => {
      const field = input();
      if (field === null) press.right();
      else field.value = field.value.slice(0, -1);
    },
  };

  const move = (step) => {
    const choices = lines();
    const index = choices.indexOf(document.activeElement);
    if (choices.length > 0) choices[(index + step + choices.length) % choices.length].focus();
    else
      screen()
        .querySelector(".body")
        .scrollBy({ top: step * 60 });
  };

  const type = (key) => {
    const field = input();
    if (field === null) {
      const choice = lines()[Number(key) - 1];
      if (choice !== undefined) choice.click();
    } else if (field.maxLength < 0 || field.value.length < field.maxLength) field.value += key;
  };

  // Keep the focus on the screen when a key is pressed, because the left key opens the focused line.
  document.addEventListener("mousedown", (event) => {
    if (event.target.closest?.("[data-key]")) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    const key = event.target.closest?.("[data-key]")?.dataset.key;
    if (key === undefined) return;
    navigator.vibrate?.(8);
    if (key in press) press[key]();
    else type(key);
    if (!["left", "right", "end", "up", "down"].includes(key)) input()?.focus();
  });

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const inField = event.target instanceof HTMLInputElement;
    if (event.key === "Escape") press.right();
    else if (event.key === "ArrowUp") press.up();
    else if (event.key === "ArrowDown") press.down();
    else if (!inField && /^[0-9*#]$/.test(event.key)) type(event.key);
    else return;
    event.preventDefault();
  });

  document.addEventListener("changed", (event) => {
    // A prompt covers every screen. Other changes only matter on screens that show them.
    if (event.detail === "prompt") {
      navigator.vibrate?.([200, 100, 200]);
      event.preventDefault();
      location.assign(home);
      return;
    }
    if (event.detail === "message") navigator.vibrate?.(120);
    const { redraws } = screen().dataset;
    const matters = redraws === "live" || (redraws === "inbox" && event.detail === "message");
    if (!matters) event.preventDefault();
    else if (location.search !== "" && event.detail === "message") {
      history.replaceState(null, "", home);
    }
    // The prompt may have been answered elsewhere, so redraw even while its input has the focus.
    if (input() !== null && matters) input().dataset.idle = "";
  });
  document.addEventListener("redrawn", prepare);
  prepare();
})();
