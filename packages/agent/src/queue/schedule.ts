import type { RecordTable } from "./record-table.ts";
import { noSlot, slotState } from "./record-table.ts";
import { Tenant } from "./tenant.ts";
import { TimeHeap } from "./time-heap.ts";

/** Every so many records of a tenant are handed out, one is its newest. */
const defaultNewestEvery = 4;

/** A tenant may hold this many times as many leases as are free. With 3 the only tenant with work gets three quarters of all. */
const leasesPerFree = 3;

/**
 * Which record is handed out next. Tenants take turns. One of them may hold leases up to three times as many as are free then (always one): tenants whose
 * servers hang never get hold of all senders, however many they are, and tenants that share them get equal parts. Times are on the monotonic clock.
 */
export class Schedule {
  readonly #table: RecordTable;
  readonly #concurrency: number;
  readonly #newestEvery: number;
  readonly #byName = new Map<string, Tenant>();
  readonly #byNumber: (Tenant | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** Those whose turn may come, in that order. */
  #turns: Tenant[] = [];
  #turnsAt = 0;
  /** Those that wait only for others to give back leases. */
  #atShare: Tenant[] = [];
  /** Delayed slots, and tenants in a pause. */
  readonly #due = new TimeHeap<number | Tenant>();
  #leases = 0;

  /** `concurrency` is how many leases there are in all; Infinity means no share is computed. With `newestEvery` Infinity the oldest goes first each time. */
  constructor(table: RecordTable, concurrency: number, newestEvery: number = defaultNewestEvery) {
    this.#table = table;
    this.#concurrency = concurrency;
    this.#newestEvery = newestEvery;
  }

  get tenants(): number {
    return this.#byName.size;
  }

  /** When {@link next} may have something because time went by, undefined when it never will. */
  get wakeAt(): number | undefined {
    return this.#due.nextAt;
  }

  /** The tenant of that name, from now until its last record is gone. */
  tenant(name: string): Tenant {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const number = this.#freeNumbers.pop() ?? this.#byNumber.length;
    const tenant = new Tenant(name, number, this.#table);
    this.#byName.set(name, tenant);
    this.#byNumber[number] = tenant;
    return tenant;
  }

  tenantOf(slot: number): Tenant {
    const tenant = this.#byNumber[this.#table.tenant[slot] ?? 0];
    if (tenant === undefined) throw new Error("a record without a tenant");
    return tenant;
  }

  /** Enters a record, as its tenant's newest. */
  add(slot: number, tenant: Tenant, bytes: number): void {
    this.#table.tenant[slot] = tenant.number;
    this.#table.state[slot] = slotState.ready;
    tenant.records += 1;
    tenant.bytes += bytes;
    tenant.ready.addLast(slot);
    this.#line(tenant);
  }

  /** Hands out a record; {@link noSlot} when none is due. */
  next(now: number): number {
    this.#wake(now);
    for (;;) {
      const tenant = this.#turns[this.#turnsAt];
      if (tenant === undefined) return noSlot;
      this.#turnsAt += 1;
      if (this.#turnsAt > 512 && this.#turnsAt * 2 > this.#turns.length) {
        this.#turns = this.#turns.slice(this.#turnsAt);
        this.#turnsAt = 0;
      }
      tenant.inLine = false;
      if (!tenant.canSend(now)) continue;
      if (tenant.leases > 0 && tenant.leases >= leasesPerFree * (this.#concurrency - this.#leases)) {
        tenant.inLine = true;
        this.#atShare.push(tenant);
        continue;
      }
      return this.#lease(tenant);
    }
  }

  /** A leased record needs no keeping any more. `probe` is the round in which it was handed out as a probe, 0 when it was none. */
  finish(slot: number, bytes: number, probe: number): void {
    const tenant = this.tenantOf(slot);
    if (probe !== 0 && probe === tenant.round) tenant.probing = false;
    this.#endLease(tenant, probe);
    this.#forget(tenant, bytes);
    this.#table.release(slot);
  }

  /** A leased record comes back, due at `at`. */
  putBack(slot: number, probe: number, now: number, at: number, pauseUntil: number | undefined): void {
    const tenant = this.tenantOf(slot);
    if (pauseUntil !== undefined) {
      tenant.probing = true;
      tenant.round += 1;
      tenant.pausedUntil = Math.max(tenant.pausedUntil, pauseUntil);
      this.#awaitPause(tenant);
    }
    if (at > now) {
      this.#table.state[slot] = slotState.delayed;
      tenant.delayed.addLast(slot);
      this.#due.push(at, slot);
    } else this.#makeReady(slot, tenant);
    this.#endLease(tenant, probe);
  }

  /** Takes out a record that nobody holds. */
  remove(slot: number, bytes: number): void {
    const tenant = this.tenantOf(slot);
    const delayed = this.#table.state[slot] === slotState.delayed;
    (delayed ? tenant.delayed : tenant.ready).remove(slot);
    this.#forget(tenant, bytes);
    if (delayed) this.#table.state[slot] = slotState.givenUp;
    else this.#table.release(slot);
  }

  /** The tenant with most bytes among those, besides `other`, that have a record which nobody holds. */
  heaviest(other?: Tenant): Tenant | undefined {
    let heaviest: Tenant | undefined;
    for (const tenant of this.#byName.values()) {
      if (tenant !== other && tenant.waiting > 0 && (heaviest === undefined || tenant.bytes > heaviest.bytes)) heaviest = tenant;
    }
    return heaviest;
  }

  /** Brings what waits into another order. */
  sort(compare: (a: number, b: number) => number): void {
    for (const { ready } of this.#byName.values()) {
      const slots: number[] = [];
      for (let slot = ready.first; slot !== noSlot; slot = this.#table.next[slot] ?? noSlot) slots.push(slot);
      for (const slot of slots) ready.remove(slot);
      for (const slot of slots.sort(compare)) ready.addLast(slot);
    }
  }

  #lease(tenant: Tenant): number {
    tenant.handedOut += 1;
    const slot = this.#pick(tenant);
    tenant.ready.remove(slot);
    tenant.leases += 1;
    this.#leases += 1;
    if (tenant.probing) tenant.probeOut = true;
    this.#table.state[slot] = slotState.leased;
    this.#line(tenant);
    return slot;
  }

  #pick({ ready: { first, last }, handedOut, probing }: Tenant): number {
    if (handedOut % this.#newestEvery === 0) return last;
    // What has failed before says little about the others: it may be alone in that.
    const { attempts } = this.#table;
    return probing && (attempts[first] ?? 0) > 0 && attempts[last] === 0 ? last : first;
  }

  #endLease(tenant: Tenant, probe: number): void {
    tenant.leases -= 1;
    this.#leases -= 1;
    if (probe !== 0) tenant.probeOut = false;
    this.#line(tenant);
    const waiting = this.#atShare;
    if (waiting.length === 0) return;
    this.#atShare = [];
    for (const one of waiting) {
      one.inLine = false;
      this.#line(one);
    }
  }

  #forget(tenant: Tenant, bytes: number): void {
    tenant.records -= 1;
    tenant.bytes -= bytes;
    if (tenant.records > 0) return;
    tenant.gone = true;
    this.#byName.delete(tenant.name);
    this.#byNumber[tenant.number] = undefined;
    this.#freeNumbers.push(tenant.number);
  }

  /** Puts a tenant with something to send at the end of the line. */
  #line(tenant: Tenant): void {
    if (tenant.inLine || tenant.ready.length === 0) return;
    tenant.inLine = true;
    this.#turns.push(tenant);
  }

  #awaitPause(tenant: Tenant): void {
    if (tenant.pauseTimed) return;
    tenant.pauseTimed = true;
    this.#due.push(tenant.pausedUntil, tenant);
  }

  #wake(now: number): void {
    for (;;) {
      const item = this.#due.pop(now);
      if (item === undefined) return;
      if (typeof item === "number") this.#wakeSlot(item);
      else {
        item.pauseTimed = false;
        if (item.gone) continue;
        if (item.pausedUntil > now) this.#awaitPause(item);
        else this.#line(item);
      }
    }
  }

  #wakeSlot(slot: number): void {
    if (this.#table.state[slot] === slotState.givenUp) return this.#table.release(slot);
    const tenant = this.tenantOf(slot);
    tenant.delayed.remove(slot);
    this.#makeReady(slot, tenant);
  }

  /** What comes back is older than what waits. While its tenant is probed it stands behind the others: one that always fails must not be every probe. */
  #makeReady(slot: number, tenant: Tenant): void {
    this.#table.state[slot] = slotState.ready;
    if (tenant.probing) tenant.ready.addLast(slot);
    else tenant.ready.addFirst(slot);
    this.#line(tenant);
  }
}
