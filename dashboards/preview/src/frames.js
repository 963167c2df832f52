// From a panel and the answers to its queries to Grafana's data frames, with units, colours and overrides applied.
import {
  applyFieldOverrides,
  cacheFieldDisplayNames,
  FieldType,
  standardTransformers,
  standardTransformersRegistry,
  toDataFrame,
  transformDataFrame,
} from '@grafana/data';
import { lastValueFrom } from 'rxjs';

standardTransformersRegistry.setInit(() =>
  [
    standardTransformers.mergeTransformer,
    standardTransformers.organizeFieldsTransformer,
    standardTransformers.sortByTransformer,
  ].map((its) => ({
    id: its.id,
    name: its.name,
    transformation: () => Promise.resolve(its),
  }))
);

export async function framesOf(panel, answers, theme) {
  const asked = (panel.targets ?? []).map((target) => [target, answers.panels[panel.id]?.[target.refId] ?? []]);
  const tabular = panel.targets?.[0]?.format === 'table';
  let frames = tabular ? tableFrames(asked) : seriesFrames(asked, answers.step);
  if (panel.transformations?.length) {
    frames = await lastValueFrom(transformDataFrame(panel.transformations, frames, { interpolate: (text) => text }));
  }
  return withFieldConfig(frames, panel.fieldConfig, theme);
}

function seriesFrames(asked, step) {
  const interval = step * 1000; // lets a graph see where points are missing, and break its line there
  return asked.flatMap(([target, series]) =>
    series.map((its) =>
      toDataFrame({
        refId: target.refId,
        fields: [
          { name: 'Time', type: FieldType.time, values: its.points.map(([time]) => time * 1000), config: { interval } },
          {
            name: 'Value',
            type: FieldType.number,
            values: its.points.map(([, value]) => value),
            labels: its.labels,
            config: { displayNameFromDS: its.name },
          },
        ],
      })
    )
  );
}

function tableFrames(asked) {
  return asked.map(([target, series]) => {
    const keys = [...new Set(series.flatMap((its) => Object.keys(its.labels)))].sort();
    const labels = keys.map((key) => ({
      name: key,
      type: FieldType.string,
      values: series.map((its) => its.labels[key] ?? ''),
      config: {},
    }));
    return toDataFrame({
      refId: target.refId,
      fields: [
        { name: 'Time', type: FieldType.time, values: series.map((its) => its.points.at(-1)[0] * 1000), config: {} },
        ...labels,
        {
          name: asked.length > 1 ? `Value #${target.refId}` : 'Value',
          type: FieldType.number,
          values: series.map((its) => its.points.at(-1)[1]),
          config: {},
        },
      ],
    });
  });
}

export function withFieldConfig(data, fieldConfig, theme) {
  const config = structuredClone(fieldConfig);
  const steps = [
    config.defaults.thresholds,
    ...config.overrides.flatMap((rule) => rule.properties.filter((its) => its.id === 'thresholds').map((its) => its.value)),
  ];
  for (const its of steps) if (its?.steps?.[0]) its.steps[0].value = -Infinity; // JSON has null for it
  const frames = applyFieldOverrides({
    data,
    fieldConfig: config,
    fieldConfigRegistry: registryFor(config),
    replaceVariables: (text) => text,
    theme,
    timeZone: 'utc',
  });
  cacheFieldDisplayNames(frames);
  return frames;
}

// Grafana registers the properties of each panel plugin; the plugins are not on npm, so every property that the file
// uses is taken over as it is.
function registryFor(config) {
  const ids = new Set([
    ...Object.keys(config.defaults).filter((key) => key !== 'custom'),
    ...Object.keys(config.defaults.custom ?? {}).map((key) => `custom.${key}`),
    ...config.overrides.flatMap((rule) => rule.properties.map((its) => its.id)),
  ]);
  const item = (id) => ({
    id,
    path: id.replace(/^custom\./, ''),
    isCustom: id.startsWith('custom.'),
    process: (value) => value,
    shouldApply: (field) => !(id.startsWith('custom.') && field.type === FieldType.time),
    settings: {},
  });
  const items = new Map([...ids].map((id) => [id, item(id)]));
  return { getIfExists: (id) => items.get(id), list: () => [...items.values()] };
}
