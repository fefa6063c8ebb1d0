// Draws the figures with the self-hosted Plotly, once they come near the window.
// Without this file the pages are complete: static drawings and tables. It sends nothing anywhere.
(function () {
  "use strict";
  const self = document.currentScript;
  const figures = Array.from(document.querySelectorAll("figure .drawing"));
  const french = document.documentElement.lang === "fr";
  const config = {
    displayModeBar: false,
    displaylogo: false,
    showSendToCloud: false,
    plotlyServerURL: "",
    showTips: false,
    scrollZoom: false,
    doubleClick: false,
    responsive: true,
    locale: french ? "fr" : "en",
  };
  let loading = null;

  function script(address) {
    return new Promise(function (resolve, reject) {
      const element = document.createElement("script");
      element.src = address;
      element.onload = resolve;
      element.onerror = reject;
      document.head.append(element);
    });
  }

  function plotly() {
    loading = loading || script(self.dataset.plotly).then(function () {
      return french ? script(self.dataset.locale) : null;
    });
    return loading;
  }

  // The figures carry roles' colours; what depends on light or dark comes from the style sheet.
  function themed(figure, place) {
    const style = getComputedStyle(document.documentElement);
    const colour = function (name) { return style.getPropertyValue(name).trim(); };
    const layout = structuredClone(figure.layout);
    layout.font = Object.assign({}, layout.font, {
      color: colour("--ink"),
      family: getComputedStyle(document.body).fontFamily,
    });
    for (const axis of ["xaxis", "yaxis"]) {
      layout[axis] = Object.assign({}, layout[axis], {
        gridcolor: colour("--grid"), linecolor: colour("--edge"), tickcolor: colour("--edge"),
      });
    }
    layout.hoverlabel = { bgcolor: colour("--card"), bordercolor: colour("--edge"), font: { color: colour("--ink") } };
    const narrow = place.clientWidth < 480;
    layout.annotations = (layout.annotations || []).map(function (note) {
      if (note.name === "row") { return Object.assign({}, note, { bgcolor: colour("--card"), borderpad: 0 }); }
      return narrow && note.name === "value" ? Object.assign({}, note, { textangle: -90 }) : note;
    });
    const data = figure.data.map(function (trace) {
      if (!trace.error_y) { return trace; }
      return Object.assign({}, trace, { error_y: Object.assign({}, trace.error_y, { color: colour("--ink") }) });
    });
    return { data: data, layout: layout };
  }

  function draw(place) {
    plotly().then(function () {
      const figure = themed(JSON.parse(place.querySelector("script.plotly").textContent), place);
      const live = place.querySelector(".live");
      live.hidden = false;
      place.querySelector(".static").hidden = true;
      place.dataset.drawn = "yes";
      return Plotly.react(live, figure.data, figure.layout, config);
    }).catch(function () {
      place.querySelector(".live").hidden = true;
      place.querySelector(".static").hidden = false;
    });
  }

  const near = new IntersectionObserver(function (entries) {
    for (const entry of entries) {
      if (entry.isIntersecting) {
        near.unobserve(entry.target);
        draw(entry.target);
      }
    }
  }, { rootMargin: "300px" });
  figures.forEach(function (place) { near.observe(place); });

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", function () {
    figures.filter(function (place) { return place.dataset.drawn; }).forEach(draw);
  });
  addEventListener("beforeprint", function () {
    document.querySelectorAll("details").forEach(function (element) { element.open = true; });
  });
})();
