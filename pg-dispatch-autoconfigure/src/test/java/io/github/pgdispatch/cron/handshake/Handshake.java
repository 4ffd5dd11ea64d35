package io.github.pgdispatch.cron.handshake;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

import io.github.pgdispatch.test.model.Model;

/**
 * The handshake between dispatches and workers, as the SQL has it: {@code dispatch} and
 * {@code summon}, {@code cron_work}, {@code cron_go_deaf} and {@code cron_leave}. A step
 * is a lock, a look or a commit: whatever another session can come between.
 */
final class Handshake implements Model<State> {

	private final int bound;

	private final Set<Rule> rules;

	Handshake(int bound, Set<Rule> rules) {
		this.bound = bound;
		this.rules = EnumSet.copyOf(rules);
	}

	@Override
	public List<State> steps(State state) {
		List<State> next = new ArrayList<>();
		for (int i = 0; i < state.transactions().size(); i++) {
			step(state, i, next::add);
		}
		for (Worker worker : state.workers()) {
			step(state, worker, next::add);
		}
		return next;
	}

	@Override
	public List<State> losses(State state) {
		List<State> next = new ArrayList<>();
		for (Worker worker : state.workers()) {
			if (state.crashes() > 0 && worker.phase() != Worker.Phase.OFF) {
				next.add(state.replacing(worker, Worker.scheduled(worker.promise()))
					.plusWaiting((worker.phase() == Worker.Phase.RUN) ? 1 : 0)
					.minusCrash());
			}
		}
		return next;
	}

	@Override
	public boolean isIdle(State state) {
		return state.isIdle();
	}

	private void step(State state, int index, Consumer<State> next) {
		Transaction transaction = state.transactions().get(index);
		switch (transaction.phase()) {
			case FIRE -> {
				if (!state.isRelianceExclusive()) {
					next.accept(state.with(index, transaction.relying()));
				}
				else if (has(Rule.RELY_UNDER_LOCK_ONLY)) {
					next.accept(state.with(index, transaction.scheduling(Worker.NO_PROMISE)));
				}
				else {
					next.accept(state.with(index, transaction.in(Transaction.Phase.FIND_LOOKOUT)));
				}
			}
			case FIND_LOOKOUT -> {
				Transaction.Phase otherwise = transaction.sees() ? Transaction.Phase.COUNT_WORKERS
						: Transaction.Phase.PROMISE;
				next.accept(
						state.with(index, transaction.in(state.isLookoutHeld() ? Transaction.Phase.FIRED : otherwise)));
			}
			case COUNT_WORKERS -> next.accept(state.with(index, (state.workers().size() < this.bound)
					? transaction.seeing(state.workers().size()) : transaction.in(Transaction.Phase.FIRED)));
			case PROMISE -> next.accept(state.with(index, promise(state, transaction)));
			case FIRED -> {
				next.accept(state.with(index, transaction.end()));
				State committed = state.with(index, transaction.end()).plusWaiting(1);
				next.accept((transaction.scheduled() != Transaction.NOTHING)
						? committed.plus(Worker.scheduled(transaction.scheduled())) : committed);
			}
			case ENDED -> {
			}
		}
	}

	private Transaction promise(State state, Transaction transaction) {
		for (int promise = 1; promise <= this.bound; promise++) {
			if (state.isPromiseInDoubt(promise)) {
				if (!has(Rule.RELY_ON_WHAT_IS_COMMITTED_ONLY)) {
					return transaction.in(Transaction.Phase.FIRED);
				}
			}
			else if (!state.isPromised(promise)) {
				return transaction.scheduling(promise);
			}
			else if (!transaction.sees()) {
				return transaction.in(Transaction.Phase.FIRED);
			}
		}
		return (transaction.present() == 0) ? transaction.scheduling(Worker.NO_PROMISE)
				: transaction.in(Transaction.Phase.FIRED);
	}

	private void step(State state, Worker worker, Consumer<State> next) {
		switch (worker.phase()) {
			case OFF -> next.accept(enter(state, worker));
			case LOOK -> next.accept(state.replacing(worker, look(state, worker)));
			case FOUND_NOTHING -> {
				next.accept(state.replacing(worker, worker.in(Worker.Phase.LOOK)));
				next.accept(state.replacing(worker, worker.in(Worker.Phase.LEAVE)));
				if (!state.isLookoutHeld()) {
					next.accept(state.replacing(worker, worker.attending(true).in(Worker.Phase.LOOK)));
				}
			}
			case GO_DEAF -> {
				if (state.isLeavingLockFree() || !has(Rule.ONE_GOES_DEAF_AT_A_TIME)) {
					next.accept(state.replacing(worker,
							worker.alone(othersWhoLook(state, worker)).then(Worker.Phase.GO_DEAF_LOCK)));
				}
			}
			case GO_DEAF_LOCK -> next.accept(state.replacing(worker, goDeafLock(state, worker)));
			case GO_DEAF_COUNT -> next.accept(state.replacing(worker, goDeafCount(state, worker)));
			case GO_DEAF_COMMIT ->
				next.accept(schedule(state.replacing(worker, worker.withoutPromise().in(Worker.Phase.CLAIM)),
						worker.scheduled()));
			case CLAIM ->
				next.accept((state.waiting() > 0) ? state.replacing(worker, worker.in(Worker.Phase.RUN)).plusWaiting(-1)
						: state.replacing(worker, worker.in(Worker.Phase.LOOK)));
			case RUN -> next.accept(state.replacing(worker, worker.in(Worker.Phase.LOOK)));
			case LEAVE -> next.accept(state.replacing(worker, leave(state, worker)));
			case LEAVE_LOCK -> leaveLock(state, worker, next);
			case LEAVE_LOOK ->
				next.accept(state.replacing(worker, (state.waiting() > 0 && has(Rule.LOOK_AFTER_LOCK_TO_LEAVE))
						? worker.in(Worker.Phase.LOOK) : worker.attending(false).then(Worker.Phase.LEAVE_COMMIT)));
			case LEAVE_COMMIT -> next.accept(schedule(state.without(worker), worker.scheduled()));
		}
	}

	private State enter(State state, Worker worker) {
		long others = state.workers().stream().filter((other) -> other.phase() != Worker.Phase.OFF).count();
		return (others >= this.bound && state.isLeavingLockFree()) ? state.without(worker)
				: state.replacing(worker, worker.in(Worker.Phase.LOOK));
	}

	private Worker look(State state, Worker worker) {
		if (state.waiting() == 0) {
			return worker.in(Worker.Phase.FOUND_NOTHING);
		}
		return worker.in(Worker.Phase.GO_DEAF)
			.wanting(has(Rule.COUNT_AFTER_LOCK_TO_GO_DEAF) ? 0 : wanted(state, worker));
	}

	private Worker goDeafLock(State state, Worker worker) {
		boolean reliedUpon = (worker.attending() || worker.isPledged()) && worker.others() == 0;
		if (!reliedUpon || !has(Rule.LOCK_TO_GO_DEAF)) {
			return worker.then(Worker.Phase.GO_DEAF_COUNT);
		}
		if (state.isRelianceShared() || state.isRelianceExclusive()) {
			return worker.wanting(Math.max(worker.wanted(), 1)).then(Worker.Phase.GO_DEAF_COUNT);
		}
		return worker.withExclusive().then(Worker.Phase.GO_DEAF_COUNT);
	}

	private Worker goDeafCount(State state, Worker worker) {
		int wanted = has(Rule.COUNT_AFTER_LOCK_TO_GO_DEAF) ? Math.max(worker.wanted(), wanted(state, worker))
				: worker.wanted();
		List<Integer> promises = new ArrayList<>();
		while (worker.others() + promises.size() < wanted && state.workers().size() + promises.size() < this.bound) {
			promises.add(freePromise(state, worker, promises));
		}
		return worker.attending(false).scheduling(promises).then(Worker.Phase.GO_DEAF_COMMIT);
	}

	private int wanted(State state, Worker worker) {
		boolean noOtherLookout = worker.attending() || !state.isLookoutHeld();
		return noOtherLookout ? Math.min(state.waiting(), this.bound + 1) - 1 : 0;
	}

	private Worker leave(State state, Worker worker) {
		if (!state.isLeavingLockFree() && has(Rule.ONE_LEAVES_AT_A_TIME)) {
			return worker.in(Worker.Phase.LOOK);
		}
		return worker.alone(othersWhoLook(state, worker)).then(Worker.Phase.LEAVE_LOCK);
	}

	private void leaveLock(State state, Worker worker, Consumer<State> next) {
		boolean reliedUpon = worker.others() == 0 || worker.attending() || worker.isPledged();
		if (!reliedUpon || !has(Rule.LOCK_TO_LEAVE)) {
			next.accept(state.replacing(worker, worker.then(Worker.Phase.LEAVE_LOOK)));
		}
		else if (!state.isRelianceShared() && !state.isRelianceExclusive()) {
			next.accept(state.replacing(worker, worker.withExclusive().then(Worker.Phase.LEAVE_LOOK)));
		}
		else {
			next.accept(state.replacing(worker, worker.in(Worker.Phase.LOOK)));
			// Or, if it has been kept for too long, it leaves a successor behind.
			next.accept(state.replacing(worker,
					worker.attending(false)
						.scheduling(List.of(freePromise(state, worker, List.of())))
						.then(Worker.Phase.LEAVE_COMMIT)));
		}
	}

	private int freePromise(State state, Worker worker, List<Integer> taken) {
		State others = state.without(worker);
		for (int promise = 1; promise <= this.bound; promise++) {
			if (!others.isPromiseInDoubt(promise) && !others.isPromised(promise) && !taken.contains(promise)) {
				return promise;
			}
		}
		return Worker.NO_PROMISE;
	}

	private static State schedule(State state, List<Integer> promises) {
		State scheduled = state;
		for (int promise : promises) {
			scheduled = scheduled.plus(Worker.scheduled(promise));
		}
		return scheduled;
	}

	private static int othersWhoLook(State state, Worker worker) {
		State others = state.without(worker);
		long pledged = others.workers().stream().filter(Worker::isPledged).count();
		return (int) pledged + (others.isLookoutHeld() ? 1 : 0);
	}

	private boolean has(Rule rule) {
		return this.rules.contains(rule);
	}

}
