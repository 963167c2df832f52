// The page: every panel of window.TENFOLD.dashboard at its place on Grafana's grid.
import { createTheme } from '@grafana/data';
import { GlobalStyles, PanelChrome, ThemeContext } from '@grafana/ui';
import { Component, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { framesOf } from './frames.js';
import { Note, Panel } from './panels.jsx';

const { dashboard, answers, mode, width } = window.TENFOLD;
const theme = createTheme({ colors: { mode } });
const [COLUMNS, ROW_HEIGHT, GAP, HEAD] = [24, 30, 8, 88]; // Grafana's grid

class Guard extends Component {
  state = {};
  static getDerivedStateFromError(error) {
    return { error };
  }
  render() {
    const { error } = this.state;
    return error ? <Note drawn="failed" text={String(error.stack).slice(0, 600)} /> : this.props.children;
  }
}

function Framed({ panel, width, height }) {
  const [state, setState] = useState(null);
  useEffect(() => {
    framesOf(panel, answers, theme).then(
      (frames) => setState({ frames }),
      (error) => setState({ error })
    );
  }, [panel]);
  if (!state) return null;
  if (state.error) return <Note drawn="failed" text={String(state.error.stack).slice(0, 600)} />;
  return <Panel panel={panel} frames={state.frames} answers={answers} theme={theme} width={width} height={height} />;
}

function Placed({ panel }) {
  const { x, y, w, h } = panel.gridPos;
  const column = (width - GAP) / COLUMNS;
  const box = {
    position: 'absolute',
    left: GAP + x * column,
    top: HEAD + y * (ROW_HEIGHT + GAP),
    width: w * column - GAP,
    height: h * (ROW_HEIGHT + GAP) - GAP,
  };
  if (panel.type === 'row') {
    return <div style={{ ...box, fontSize: 18, fontWeight: 500, lineHeight: '30px' }}>⌄ {panel.title}</div>;
  }
  return (
    <div style={box} data-panel={panel.id} data-title={panel.title}>
      <PanelChrome title={panel.title} description={panel.description} width={box.width} height={box.height}>
        {(innerWidth, innerHeight) => (
          <Guard>
            <Framed panel={panel} width={innerWidth} height={innerHeight} />
          </Guard>
        )}
      </PanelChrome>
    </div>
  );
}

function Head() {
  const time = (unix) => new Date(unix * 1000).toISOString().slice(0, 19).replace('T', ' ');
  const chip = { background: theme.colors.background.primary, border: `1px solid ${theme.colors.border.weak}` };
  return (
    <div style={{ padding: '12px 8px' }}>
      <div style={{ fontSize: 18, fontWeight: 500 }}>
        {dashboard.title}
        <span style={{ float: 'right', fontSize: 14, color: theme.colors.text.secondary }}>
          {time(answers.start)} to {time(answers.end)} UTC
        </span>
      </div>
      <div style={{ display: 'flex', gap: 8, marginTop: 8, fontSize: 13 }}>
        {dashboard.templating.list.map((its) => (
          <span key={its.name} style={{ ...chip, padding: '3px 8px', borderRadius: 3 }}>
            <span style={{ color: theme.colors.text.secondary }}>{its.label}</span>{' '}
            {answers.variables[its.name] === its.allValue ? 'All' : answers.variables[its.name]}
          </span>
        ))}
      </div>
    </div>
  );
}

const panels = dashboard.panels.flatMap((its) => [its, ...(its.panels ?? [])]);
const rows = Math.max(...panels.map((its) => its.gridPos.y + its.gridPos.h));
createRoot(document.getElementById('root')).render(
  <ThemeContext.Provider value={theme}>
    <GlobalStyles />
    <div
      style={{
        position: 'relative',
        width,
        height: HEAD + rows * (ROW_HEIGHT + GAP) + GAP,
        background: theme.colors.background.canvas,
        color: theme.colors.text.primary,
      }}
    >
      <Head />
      {panels.map((its) => (
        <Placed key={its.id} panel={its} />
      ))}
    </div>
  </ThemeContext.Provider>
);
