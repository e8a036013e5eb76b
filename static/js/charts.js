/* charts.js: draws figure[data-chart] with ECharts as SVG (图表). The library is fetched only where a chart stands.
   data-chart names the json_script element with {kind, categories, series: [{name, data}], unit, links}. */
(() => {
  "use strict";
  const figures = [...document.querySelectorAll("figure[data-chart]")];
  if (!figures.length) return;
  const colors = ["#12566a", "#bcd9df", "#8a6414", "#553a8c", "#616b7a"];
  const font = getComputedStyle(document.body).fontFamily;
  const write = (value, unit) => Number(value).toLocaleString("en-US", unit === "元" ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : {});
  const short = (value) => (Math.abs(value) >= 10000 ? `${value / 10000} 万` : String(value));

  function option(spec) {
    const two = spec.series.length > 1;
    const line = spec.kind === "line";
    /* planned first is pale, actual is dark */
    const palette = two && !line && spec.kind !== "stack" ? [colors[1], colors[0], ...colors.slice(2)] : colors;
    return {
      animation: false,
      color: palette,
      textStyle: { fontFamily: font, fontSize: 12, color: "#4a5462" },
      grid: { left: 4, right: 12, top: two ? 34 : 14, bottom: 4, containLabel: true },
      legend: two ? { top: 0, right: 0, itemWidth: 10, itemHeight: 10, icon: "rect", textStyle: { color: "#4a5462", fontSize: 12 } } : undefined,
      tooltip: {
        trigger: "axis", renderMode: "richText", confine: true, axisPointer: { type: line ? "line" : "shadow" },
        backgroundColor: "#fff", borderColor: "#d3d8d6", textStyle: { color: "#1c2430", fontSize: 12 },
        valueFormatter: (value) => `${write(value, spec.unit)}${spec.unit ? ` ${spec.unit}` : ""}`,
      },
      xAxis: { type: "category", data: spec.categories, axisTick: { show: false }, axisLine: { lineStyle: { color: "#d3d8d6" } }, axisLabel: { color: "#616b7a", fontSize: 11, hideOverlap: true } },
      yAxis: { type: "value", min: 0, axisLabel: { color: "#616b7a", fontSize: 11, formatter: short }, splitLine: { lineStyle: { color: "#e3e6e4" } } },
      series: spec.series.map((one) => ({
        name: one.name, type: line ? "line" : "bar", data: one.data.map(Number), stack: spec.kind === "stack" ? "all" : undefined,
        barMaxWidth: 28, barGap: "12%", itemStyle: { borderRadius: spec.kind === "stack" || line ? 0 : [2, 2, 0, 0] }, symbolSize: 7, lineStyle: { width: 2 },
        emphasis: { disabled: true },
      })),
    };
  }

  function draw() {
    figures.forEach((figure) => {
      const spec = JSON.parse(document.getElementById(figure.dataset.chart).textContent);
      const chart = window.echarts.init(figure.querySelector("[data-plot]"), null, { renderer: "svg" });
      chart.setOption(option(spec));
      if (spec.links) chart.on("click", (event) => { const link = spec.links[event.dataIndex]; if (link) window.location.assign(link); });
      new ResizeObserver(() => chart.resize()).observe(figure);
    });
  }
  if (window.echarts) { draw(); return; }
  const script = document.createElement("script");
  script.src = figures[0].dataset.echarts;
  script.onload = draw;
  script.onerror = () => figures.forEach((figure) => { const table = figure.querySelector("details"); if (table) table.open = true; });
  document.head.append(script);
})();
