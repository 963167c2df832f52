// One panel of each kind, drawn by Grafana's own components.
import { applyNullInsertThreshold, dateTime, getFieldDisplayValues } from '@grafana/data';
import { BigValue, TimeSeries } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { Heatmap } from './heatmap.jsx';

const KINDS = { heatmap: Heatmap, stat: Stat, table: Table, timeseries: Graph };

export function Panel(props) {
  const Kind = KINDS[props.panel.type];
  if (!Kind) return <Note drawn="unsupported" text={`This preview cannot draw a ${props.panel.type}.`} />;
  if (!props.frames.some((frame) => frame.length)) return <Note drawn="blank" text="No data" />;
  return (
    <div data-drawn="drawn">
      <Kind {...props} />
    </div>
  );
}

export function Note({ drawn, text }) {
  return (
    <div data-drawn={drawn} style={{ padding: 16, whiteSpace: 'pre-wrap' }}>
      {text}
    </div>
  );
}

function Graph({ panel, frames, answers, width, height }) {
  const [from, to] = [dateTime(answers.start * 1000), dateTime(answers.end * 1000)];
  // as the panel plugin does it: a missing point breaks the line, also where other series have one
  const broken = frames.map((frame) =>
    applyNullInsertThreshold({ frame, refFieldPseudoMin: from.valueOf(), refFieldPseudoMax: to.valueOf() })
  );
  return (
    <TimeSeries
      frames={broken}
      width={width}
      height={height}
      timeRange={{ from, to, raw: { from, to } }}
      timeZone="utc"
      legend={panel.options.legend}
    >
      {(builder) => {
        builder.addHook('drawClear', (plot) => shadeRegions(plot, answers.regions));
        return null;
      }}
    </TimeSeries>
  );
}

// Region annotations as Grafana draws them: a tint over the time, dashed edges, a bar under the axis.
function shadeRegions(plot, regions) {
  const { ctx: pen, bbox } = plot;
  pen.save();
  for (const { start, end, colour } of regions) {
    const [left, right] = [start, end].map((time) => plot.valToPos(time * 1000, 'x', true));
    pen.globalAlpha = 0.07;
    pen.fillStyle = colour;
    pen.fillRect(left, bbox.top, right - left, bbox.height);
    pen.globalAlpha = 0.6;
    pen.fillRect(left, bbox.top + bbox.height, right - left, 3);
    pen.strokeStyle = colour;
    pen.setLineDash([4, 4]);
    pen.beginPath();
    for (const edge of [left, right]) {
      pen.moveTo(edge, bbox.top);
      pen.lineTo(edge, bbox.top + bbox.height);
    }
    pen.globalAlpha = 0.25;
    pen.stroke();
  }
  pen.restore();
}

function Stat({ panel, frames, theme, width, height }) {
  const { options } = panel;
  const values = getFieldDisplayValues({
    data: frames,
    fieldConfig: { defaults: {}, overrides: [] },
    reduceOptions: options.reduceOptions,
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
  const stacked = options.orientation === 'horizontal';
  const [across, down] = stacked ? [1, values.length] : [values.length, 1];
  return (
    <div style={{ display: 'flex', flexDirection: stacked ? 'column' : 'row' }}>
      {values.map((its, index) => (
        <BigValue
          key={index}
          value={its.display}
          count={values.length}
          width={width / across}
          height={height / down}
          colorMode={options.colorMode}
          graphMode={options.graphMode}
          justifyMode={options.justifyMode}
          text={options.text}
          textMode={options.textMode}
          theme={theme}
        />
      ))}
    </div>
  );
}

function Table({ panel, frames, width, height }) {
  return (
    <TableNG
      data={frames[0]}
      width={width}
      height={height}
      cellHeight={panel.options.cellHeight}
      noHeader={!panel.options.showHeader}
      enableVirtualization={false}
      structureRev={1}
    />
  );
}
