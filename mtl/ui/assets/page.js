// Whoever closed the guided minute does not see it again.
try {
  if (localStorage.getItem("sentence-lab-guided")) document.documentElement.classList.add("guided");
} catch {
  // A browser that keeps nothing shows it each time.
}

// Arrow keys, Home and End move between the tabs of a row, as in any list of tabs.
document.addEventListener("keydown", (event) => {
  const tab = event.target.closest?.("[role=tab]");
  const steps = { ArrowLeft: -1, ArrowRight: 1, Home: -Infinity, End: Infinity };
  if (!tab || !(event.key in steps)) return;
  const row = [...tab.closest("[role=tablist]").querySelectorAll("[role=tab]")].filter(
    (one) => one.offsetParent !== null && !one.disabled,
  );
  const step = steps[event.key];
  const at = row.indexOf(tab);
  const next = Number.isFinite(step) ? (at + step + row.length) % row.length : step < 0 ? 0 : row.length - 1;
  event.preventDefault();
  row[next].click();
  row[next].focus();
});

// The page is built piece by piece, and each piece moves the others: it is shown once it rests. The style
// sheet shows it after a while even if this never runs.
(() => {
  const show = () => {
    watch.disconnect();
    document.documentElement.classList.add("ready");
  };
  let rest;
  const watch = new MutationObserver(() => {
    if (!document.querySelector("[role=tabpanel]")) return;
    clearTimeout(rest);
    rest = setTimeout(show, 150);
  });
  watch.observe(document, { childList: true, subtree: true });
})();
