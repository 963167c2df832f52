// A heatmap of cumulative buckets. Grafana's own is a plugin that is not on npm: this one shows the same cells.
import { formattedValueToString, getValueFormat } from '@grafana/data';
import { useLayoutEffect, useRef } from 'react';

const LEFT = 58;
const BOTTOM = 22;
const LABEL = 56; // width of a time
const TICKS = [10, 30, 60, 300, 600, 1800, 3600];

export function Heatmap({ panel, answers, theme, width, height }) {
  const canvas = useRef(null);
  useLayoutEffect(() => {
    const series = answers.panels[panel.id][panel.targets[0].refId];
    draw(canvas.current, cellsOf(series, answers.step), answers, panel, theme, width, height);
  });
  return <canvas ref={canvas} style={{ width, height }} />;
}

function cellsOf(series, step) {
  const bound = (its) => (its.labels.le === '+Inf' ? Infinity : Number(its.labels.le));
  const buckets = [...series].sort((one, other) => bound(one) - bound(other));
  const cells = [];
  buckets.forEach((its, row) => {
    const below = new Map(row ? buckets[row - 1].points : []);
    for (const [time, value] of its.points) {
      const count = value - (below.get(time) ?? 0);
      if (count > 1e-9) cells.push({ time, row, count });
    }
  });
  const rows = cells.map((its) => its.row);
  const first = Math.max(0, Math.min(...rows) - 1);
  return { cells, step, first, last: Math.max(...rows) + 1, bounds: buckets.map(bound) };
}

function draw(canvas, { cells, step, first, last, bounds }, answers, panel, theme, width, height) {
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  const pen = canvas.getContext('2d');
  pen.scale(devicePixelRatio, devicePixelRatio);
  const [wide, high] = [width - LEFT - 8, height - BOTTOM - 6];
  const rowHeight = high / (last - first + 1);
  const left = (time) => LEFT + ((time - answers.start) / (answers.end - answers.start)) * wide;
  const top = (row) => 6 + high - (row - first + 1) * rowHeight;
  const most = Math.max(...cells.map((its) => its.count));
  for (const { time, row, count } of cells) {
    const share = (count / most) ** panel.options.color.exponent;
    pen.fillStyle = `hsl(${38 - 22 * share} 92% ${theme.isDark ? 14 + 44 * share : 90 - 44 * share}%)`;
    const cell = (step / (answers.end - answers.start)) * wide;
    pen.fillRect(left(time) - cell, top(row), Math.max(1, cell - 0.5), Math.max(1, rowHeight - 1));
  }
  pen.fillStyle = theme.colors.text.primary;
  pen.font = '12px Inter, sans-serif';
  pen.textAlign = 'right';
  pen.textBaseline = 'middle';
  const unit = getValueFormat(panel.options.yAxis.unit);
  const every = Math.ceil((last - first + 1) / (high / 22));
  for (let row = first; row <= last; row += every) {
    if (Number.isFinite(bounds[row])) pen.fillText(formattedValueToString(unit(bounds[row])), LEFT - 6, top(row));
  }
  pen.textAlign = 'center';
  const shown = answers.end - answers.start;
  const apart = TICKS.find((seconds) => (seconds / shown) * wide > LABEL * 1.4) ?? shown;
  for (let time = Math.ceil(answers.start / apart) * apart; time < answers.end - apart / 4; time += apart) {
    pen.fillText(new Date(time * 1000).toISOString().slice(11, 19), left(time), height - BOTTOM / 2);
  }
}
