import { systemClock } from '#base/clock.ts';
import { describeContainerRuntime } from '../conformance.ts';
import { openMemoryRuntime } from './memory-runtime.ts';

describeContainerRuntime('memory', async () => ({ runtime: openMemoryRuntime(systemClock, ['busybox:1']), image: 'busybox:1' }));
