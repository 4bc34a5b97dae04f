/** Numbers about the running house, in Prometheus text format 0.0.4. Labels hold names of ours, never data. */
export type Labels = Readonly<Record<string, string>>;

export interface Metrics {
  count(name: string, labels?: Labels, by?: number): void;
  gauge(name: string, value: number, labels?: Labels): void;
  observe(name: string, seconds: number, labels?: Labels): void;
  text(): string;
}

const BUCKETS_SECONDS = [0.005, 0.02, 0.1, 0.5, 2, 10, 60, 300];
/** Label combinations beyond this many are dropped, so that a defect cannot fill the memory. */
const SERIES_MAX = 5_000;

interface Histogram {
  readonly buckets: number[];
  sum: number;
  count: number;
}

export function openMetrics(): Metrics {
  const counters = new Map<string, number>();
  const gauges = new Map<string, number>();
  const histograms = new Map<string, Histogram>();
  const room = (map: Map<string, unknown>, key: string): boolean => map.has(key) || map.size < SERIES_MAX;
  return {
    count(name, labels = {}, by = 1) {
      const key = series(name, labels);
      if (room(counters, key)) counters.set(key, (counters.get(key) ?? 0) + by);
    },
    gauge(name, value, labels = {}) {
      const key = series(name, labels);
      if (room(gauges, key)) gauges.set(key, value);
    },
    observe(name, seconds, labels = {}) {
      const key = series(name, labels);
      if (!room(histograms, key)) return;
      const histogram = histograms.get(key) ?? { buckets: BUCKETS_SECONDS.map(() => 0), sum: 0, count: 0 };
      BUCKETS_SECONDS.forEach((limit, at) => {
        if (seconds <= limit) histogram.buckets[at] = (histogram.buckets[at] ?? 0) + 1;
      });
      histogram.sum += seconds;
      histogram.count += 1;
      histograms.set(key, histogram);
    },
    text: () => [...plain(counters, 'counter'), ...plain(gauges, 'gauge'), ...bucketed(histograms)].join(''),
  };
}

function series(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${value.replace(/["\\\n]/g, '_')}"`);
  return `waybill_${name}{${pairs.sort().join(',')}}`;
}

function* plain(map: ReadonlyMap<string, number>, kind: string): Generator<string> {
  let told = '';
  for (const [key, value] of [...map].sort(byName)) {
    const name = key.slice(0, key.indexOf('{'));
    if (name !== told) yield `# TYPE ${name} ${kind}\n`;
    told = name;
    yield `${key.replace('{}', '')} ${value}\n`;
  }
}

function* bucketed(map: ReadonlyMap<string, Histogram>): Generator<string> {
  let told = '';
  for (const [key, histogram] of [...map].sort(byName)) {
    const open = key.indexOf('{');
    const name = key.slice(0, open);
    const labels = key.slice(open + 1, -1);
    const comma = labels === '' ? '' : ',';
    if (name !== told) yield `# TYPE ${name} histogram\n`;
    told = name;
    for (const [at, limit] of BUCKETS_SECONDS.entries()) {
      yield `${name}_bucket{${labels}${comma}le="${limit}"} ${histogram.buckets[at] ?? 0}\n`;
    }
    yield `${name}_bucket{${labels}${comma}le="+Inf"} ${histogram.count}\n`;
    const suffix = labels === '' ? '' : `{${labels}}`;
    yield `${name}_sum${suffix} ${histogram.sum}\n${name}_count${suffix} ${histogram.count}\n`;
  }
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : 1;
}
