/** A small chart of the last minutes. */
import { effect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import { theme } from "../look.ts";
import type { Series } from "./history.ts";
import type { LiveState } from "./state.ts";

interface ChartProps {
  readonly state: LiveState;
  readonly name: string;
  readonly value: string;
  readonly column: Exclude<keyof Series, "time">;
  readonly color: string;
}

const HEIGHT = 74;

export function Chart({ state, name, value, column, color }: ChartProps): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return undefined;
    const plot = new UPlot(optionsOf(element, color), dataOf(state, column), element);
    const sizes = new ResizeObserver(() => {
      plot.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    sizes.observe(element);
    const stop = effect(() => {
      void state.answers.value;
      void theme.value;
      plot.setData(dataOf(state, column));
    });
    return () => {
      stop();
      sizes.disconnect();
      plot.destroy();
    };
  }, [state, column, color]);
  return (
    <figure>
      <figcaption>
        {name} <b>{value}</b>
      </figcaption>
      <div ref={place} role="img" aria-label={`${name} over the last minutes, now ${value}`} />
    </figure>
  );
}

function dataOf(state: LiveState, column: ChartProps["column"]): UPlot.AlignedData {
  const series = state.history.series();
  return [series.time, series[column]];
}

function optionsOf(element: HTMLElement, color: string): UPlot.Options {
  const colorOf = (name: string) => (): string => getComputedStyle(element).getPropertyValue(name);
  const axis = { stroke: colorOf("--quiet"), font: "11px system-ui, sans-serif", ticks: { show: false } };
  return {
    width: Math.max(60, element.clientWidth),
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    padding: [6, 4, 0, 0],
    scales: { y: { range: (_, __, greatest) => [0, Math.max(1, greatest * 1.15)] } },
    axes: [
      { ...axis, size: 16, space: 70, gap: 1, grid: { show: false } },
      { ...axis, size: 44, space: 24, gap: 3, grid: { stroke: colorOf("--grid"), width: 1 } },
    ],
    series: [{}, { stroke: colorOf(color), width: 1.5, points: { show: false } }],
  };
}
