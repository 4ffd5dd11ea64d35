package io.github.pgdispatch.life;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * What the sessions have done so far. Thread-safe.
 */
final class History {

	private final AtomicInteger tags = new AtomicInteger();

	private final AtomicInteger transactionNumbers = new AtomicInteger();

	private final List<Transaction> transactions = new CopyOnWriteArrayList<>();

	private final List<Dispatched> dispatched = new CopyOnWriteArrayList<>();

	private final List<Pause> pauses = new CopyOnWriteArrayList<>();

	private final List<BatchModel.Batch> batches = new CopyOnWriteArrayList<>();

	private final Queue<String> events = new ConcurrentLinkedQueue<>();

	private final Set<Integer> killed = ConcurrentHashMap.newKeySet();

	private final Set<Long> putOff = ConcurrentHashMap.newKeySet();

	private final List<Throwable> surprises = new CopyOnWriteArrayList<>();

	int nextTag() {
		return this.tags.incrementAndGet();
	}

	Transaction begin(String isolation) {
		Transaction transaction = new Transaction(this.transactionNumbers.incrementAndGet(), isolation);
		this.transactions.add(transaction);
		return transaction;
	}

	void add(Dispatched job) {
		job.transaction().dispatched().add(job);
		this.dispatched.add(job);
	}

	void add(BatchModel.Batch batch) {
		this.batches.add(batch);
	}

	/**
	 * All batches, whatever became of their transactions.
	 */
	List<BatchModel.Batch> batches() {
		return this.batches;
	}

	void add(Pause pause) {
		this.pauses.add(pause);
	}

	/**
	 * Keeps what happened to no job in particular.
	 */
	void add(String event) {
		this.events.add(Instant.now() + " " + event);
	}

	/**
	 * Keeps that a session was killed.
	 */
	void addKilled(int pid) {
		this.killed.add(pid);
		add("Session " + pid + " is killed");
	}

	Set<Integer> killed() {
		return this.killed;
	}

	/**
	 * Keeps that a node has given a job back, to be run later.
	 */
	void addPutOff(long id) {
		this.putOff.add(id);
	}

	boolean wasPutOff(Dispatched job) {
		return job.id() != null && this.putOff.contains(job.id());
	}

	void add(Throwable surprise) {
		this.surprises.add(surprise);
	}

	/**
	 * Everything that was dispatched, whatever became of the transaction.
	 */
	List<Dispatched> dispatched() {
		return this.dispatched;
	}

	List<Pause> pauses() {
		return this.pauses;
	}

	List<String> events() {
		return new ArrayList<>(this.events);
	}

	List<Throwable> surprises() {
		return this.surprises;
	}

	Stream<Transaction.Deed> deeds(long id) {
		return this.transactions.stream()
			.filter(Transaction::isCommitted)
			.flatMap((transaction) -> transaction.deeds().stream())
			.filter((deed) -> deed.id() == id);
	}

	/**
	 * Chooses a job, one of the last ones most likely, whose dispatch is committed.
	 */
	@Nullable Dispatched any(RandomGenerator random) {
		List<Dispatched> candidates = this.dispatched.stream()
			.filter((job) -> job.isCommitted() && job.id() != null)
			.toList();
		int back = random.nextInt(20);
		return (candidates.size() > back) ? candidates.get(candidates.size() - 1 - back) : null;
	}

	/**
	 * A time in which nothing of a kind is begun.
	 *
	 * @param handler that was paused; {@code null}: not a handler
	 * @param queue that was paused; without either, everything was
	 * @param from when that was committed
	 * @param to before it was resumed
	 */
	record Pause(@Nullable String handler, @Nullable String queue, Instant from, Instant to) {

		boolean holds(Job job) {
			return this.handler == null && this.queue == null
					|| this.handler != null && this.handler.equals(job.handler())
					|| this.queue != null && job.asks("queue", this.queue);
		}

	}

}
