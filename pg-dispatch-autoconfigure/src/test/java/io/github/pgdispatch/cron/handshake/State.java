package io.github.pgdispatch.cron.handshake;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/**
 * What there is at one moment: what is committed, and how far each session is.
 *
 * @param transactions that dispatch
 * @param workers in no order
 * @param waiting how many committed jobs nobody has claimed
 * @param crashes how many sessions may yet be lost
 */
record State(List<Transaction> transactions, List<Worker> workers, int waiting, int crashes) {

	State {
		transactions = List.copyOf(transactions);
		workers = workers.stream().sorted(Comparator.comparingInt(Worker::hashCode)).toList();
	}

	boolean isIdle() {
		return this.waiting == 0 && this.workers.isEmpty()
				&& this.transactions.stream().allMatch((one) -> one.phase() == Transaction.Phase.ENDED);
	}

	boolean anyWorker(Predicate<Worker> condition) {
		return this.workers.stream().anyMatch(condition);
	}

	boolean isLookoutHeld() {
		return anyWorker(Worker::attending);
	}

	boolean isLeavingLockFree() {
		return !anyWorker(Worker::alone);
	}

	boolean isRelianceShared() {
		return this.transactions.stream().anyMatch(Transaction::relies);
	}

	boolean isRelianceExclusive() {
		return anyWorker(Worker::exclusive);
	}

	/**
	 * Whether somebody is giving the promise, or taking it back, and has not committed.
	 */
	boolean isPromiseInDoubt(int promise) {
		return this.transactions.stream().anyMatch((one) -> one.promises(promise))
				|| anyWorker((worker) -> worker.scheduled().contains(promise)
						|| (worker.promise() == promise && worker.isChangingPromise()));
	}

	boolean isPromised(int promise) {
		return anyWorker((worker) -> worker.promise() == promise);
	}

	State with(int index, Transaction transaction) {
		List<Transaction> all = new ArrayList<>(this.transactions);
		all.set(index, transaction);
		return new State(all, this.workers, this.waiting, this.crashes);
	}

	State replacing(Worker old, Worker worker) {
		return without(old).plus(worker);
	}

	State without(Worker worker) {
		List<Worker> all = new ArrayList<>(this.workers);
		all.remove(worker);
		return new State(this.transactions, all, this.waiting, this.crashes);
	}

	State plus(Worker worker) {
		List<Worker> all = new ArrayList<>(this.workers);
		all.add(worker);
		return new State(this.transactions, all, this.waiting, this.crashes);
	}

	State plusWaiting(int jobs) {
		return new State(this.transactions, this.workers, this.waiting + jobs, this.crashes);
	}

	State minusCrash() {
		return new State(this.transactions, this.workers, this.waiting, this.crashes - 1);
	}

}
