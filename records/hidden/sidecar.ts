/** Annotations of scanned documents, kept in files of their own beside them: `a1.ann` or `a1.tif.xml` with `a1.tif`. */

/** More files of one stem are not compared with one another. */
const BESIDE_MAX = 200;
const SCANNED = /\.(?:tiff?|pdf|jpe?g|png|dcm)$/i;
const ALWAYS = /\.ann$/i;
const PERHAPS = /\.(?:xml|xmp)$/i;

export interface Sidecar<T> {
  readonly item: T;
  /** Whether a document stands beside it. */
  readonly isBesideDocument: boolean;
}

/** Takes items in the order of their paths and gives each annotation back once its neighbours are known. */
export class SidecarWatch<T extends { readonly path: string }> {
  #stem = '';
  #beside: T[] = [];

  add(item: T): readonly Sidecar<T>[] {
    const stem = stemOf(item.path);
    const done = stem === this.#stem ? [] : this.end();
    this.#stem = stem;
    if (this.#beside.length < BESIDE_MAX) this.#beside.push(item);
    return done;
  }

  /** Those that still waited for neighbours. */
  end(): readonly Sidecar<T>[] {
    const beside = this.#beside;
    this.#beside = [];
    const isBesideDocument = beside.some(({ path }) => SCANNED.test(path));
    return beside
      .filter(({ path }) => ALWAYS.test(path) || (isBesideDocument && PERHAPS.test(path)))
      .map((item) => ({ item, isBesideDocument }));
  }
}

/** The path up to the first dot of the file name: files of one stem follow each other in the order of their bytes. */
function stemOf(path: string): string {
  const name = path.lastIndexOf('/') + 1;
  const dot = path.indexOf('.', name + 1);
  return dot === -1 ? path : path.slice(0, dot);
}
