/** The longest suites start first: a journey begun last would leave a core idle to the end of the run. */
import sequencers from '@jest/test-sequencer';

const Sequencer = sequencers.default ?? sequencers;
const isLong = ({ path }) => /[\\/](journey[\\/]|planted\.)/.test(path);

export default class JourneysFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
