import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FENCE_SECONDS, LEASE_SECONDS, Lease, RENEW_SECONDS } from '../../../../local/worker/lease.ts';

/** A lease on two clocks that a test moves. */
function leaseOn() {
  const time = { monotonic: 0, wall: 0 };
  const lease = new Lease('one', { monotonic: () => time.monotonic * 1000, wall: () => time.wall * 1000 });
  return { time, lease };
}

it('a lease is held until shortly before it ends for others', () => {
  const { time, lease } = leaseOn();
  time.monotonic = time.wall = FENCE_SECONDS - 1;
  expect(lease.isHeld()).toBe(true);
  time.monotonic = time.wall = FENCE_SECONDS;
  expect(lease.isHeld()).toBe(false);
  expect(FENCE_SECONDS).toBeLessThan(LEASE_SECONDS);
  expect(RENEW_SECONDS * 3).toBeLessThan(FENCE_SECONDS);
});

it.each(['monotonic', 'wall'] as const)('it ends by the %s clock alone', (clock) => {
  const { time, lease } = leaseOn();
  time[clock] = FENCE_SECONDS;
  expect(lease.isHeld()).toBe(false);
  expect(() => lease.check()).toThrow(expect.objectContaining({ name: 'LeaseLost' }));
});

it('a renewal counts from before it was sent', () => {
  const { time, lease } = leaseOn();
  const before = lease.now();
  time.monotonic = time.wall = 30;
  lease.renewed(before);
  time.monotonic = time.wall = FENCE_SECONDS;
  expect(lease.isHeld()).toBe(false);
});

it('what has ended stays so, whatever is renewed', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 2 * FENCE_SECONDS }), { maxLength: 20 }), (steps) => {
      const { time, lease } = leaseOn();
      let ended = false;
      for (const seconds of steps) {
        time.monotonic += seconds;
        time.wall += seconds;
        const held = lease.isHeld();
        if (ended) expect(held).toBe(false);
        expect(held).toBe(!ended && seconds < FENCE_SECONDS);
        ended = !held;
        lease.renewed(lease.now());
      }
    }),
  );
});
