package io.github.pgdispatch.handler;

import java.lang.reflect.Type;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

import io.github.pgdispatch.ArgumentChecks;
import io.github.pgdispatch.SleepSignal;
import io.github.pgdispatch.log.LogContext;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.util.Assert;

/**
 * The steps of one attempt. They cost nothing unless the method calls one. The first call
 * reads what earlier attempts have finished. Thread-safe.
 */
public final class Steps {

	private final long jobId;

	private final String handler;

	private final StepStore store;

	private final StepFactory factory;

	private final Thread thread = Thread.currentThread();

	private final ReentrantLock lock = new ReentrantLock();

	private final Set<String> called = new HashSet<>();

	private final Set<String> running = new HashSet<>();

	private @Nullable Map<String, @Nullable String> finished;

	private @Nullable Sleep sleep;

	private volatile boolean lost;

	private boolean closed;

	Steps(long jobId, String handler, StepStore store, StepFactory factory) {
		this.jobId = jobId;
		this.handler = handler;
		this.store = store;
		this.factory = factory;
	}

	/**
	 * Runs a step, unless it is finished.
	 * @param type the type of its result; {@code null} if it returns nothing
	 */
	@Nullable Object run(String name, @Nullable Type type, boolean transactional, Supplier<? extends @Nullable Object> body) {
		StepResult result = (type != null) ? new StepResult(name, type, this.factory.mapper().get()) : null;
		if (!begin(name)) {
			return (result != null) ? result.read(finished().get(name)) : null;
		}
		boolean done = false;
		try (LogContext.Scope logged = this.factory.logContext().add(Map.of("pgdispatch.job.step", name))) {
			Object value = transactional ? runExactlyOnce(name, result, body) : runAtLeastOnce(name, result, body);
			done = true;
			return value;
		}
		finally {
			end(name, done);
		}
	}

	private @Nullable Object runAtLeastOnce(String name, @Nullable StepResult result,
			Supplier<? extends @Nullable Object> body) {
		Object value = run(name, body);
		String json = (result != null) ? result.write(value) : null;
		this.factory.transactions().executeWithoutResult((status) -> add(name, json));
		return value;
	}

	private @Nullable Object runExactlyOnce(String name, @Nullable StepResult result,
			Supplier<? extends @Nullable Object> body) {
		AtomicReference<@Nullable Object> value = new AtomicReference<>();
		this.factory.transactions().executeWithoutResult((status) -> {
			value.set(run(name, body));
			// What is pending is written before the job is locked.
			status.flush();
			add(name, (result != null) ? result.write(value.get()) : null);
		});
		return value.get();
	}

	private @Nullable Object run(String name, Supplier<? extends @Nullable Object> body) {
		return this.factory.current().run(() -> idempotencyKey(name), body);
	}

	private void add(String name, @Nullable String result) {
		if (!this.store.add(name, result)) {
			this.lost = true;
			throw new LostClaimException(this.handler);
		}
	}

	/**
	 * Begins a step.
	 * @return whether it is to be run; {@code false} if an earlier attempt has finished
	 * it
	 */
	private boolean begin(String name) {
		this.lock.lock();
		try {
			requireUsable();
			ArgumentChecks.name("The name of a step", name);
			Assert.state(this.called.add(name), () -> "This attempt has called the step '" + name
					+ "' before. A name identifies a step: give each one a name of its own, also in a loop");
			boolean begins = false;
			try {
				begins = !finished().containsKey(name);
			}
			catch (RuntimeException | Error ex) {
				this.called.remove(name);
				throw ex;
			}
			if (begins) {
				this.running.add(name);
			}
			return begins;
		}
		finally {
			this.lock.unlock();
		}
	}

	private void requireUsable() {
		Assert.state(!this.closed, () -> "This attempt of job " + this.jobId + " of " + this.handler
				+ " has ended. Call steps before the method returns");
		if (this.sleep != null) {
			throw this.sleep.signal();
		}
		if (this.lost) {
			throw new LostClaimException(this.handler);
		}
		Assert.state(
				!this.factory.refusesTransactions() || !TransactionSynchronizationManager.isActualTransactionActive(),
				"A step cannot be called in a transaction, as the end of the step would be committed although the"
						+ " transaction rolls back. Remove @Transactional from the method of the job, and use"
						+ " transactionalStep() for what needs a transaction");
	}

	private Map<String, @Nullable String> finished() {
		this.lock.lock();
		try {
			if (this.finished == null) {
				this.finished = this.store.read();
			}
			return this.finished;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A step that has failed can be called again.
	 */
	private void end(String name, boolean done) {
		this.lock.lock();
		try {
			this.running.remove(name);
			if (!done) {
				this.called.remove(name);
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Lets the job sleep, unless it has done so.
	 */
	void sleep(String name, Duration duration) {
		ArgumentChecks.notNegative("The duration of a sleep", duration);
		this.lock.lock();
		try {
			Assert.state(Thread.currentThread() == this.thread,
					"Only the thread that runs the method of a job can let the job sleep");
			if (this.sleep == null) {
				Assert.state(this.running.isEmpty(), () -> "A job cannot sleep while its steps " + this.running
						+ " are running. Call sleep() between steps");
			}
			if (begin(name)) {
				this.running.remove(name);
				this.sleep = new Sleep(name, duration, new SleepSignal(name));
				throw this.sleep.signal();
			}
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Returns the idempotency key of a step.
	 */
	String idempotencyKey(String name) {
		ArgumentChecks.name("The name of a step", name);
		return IdempotencyKeys.of(this.store.databaseId(), this.jobId, name);
	}

	/**
	 * Returns the sleep that the method has begun.
	 * @return the sleep; {@code null} if there is none
	 */
	public @Nullable Sleep begunSleep() {
		this.lock.lock();
		try {
			return this.sleep;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Refuses further steps, as the attempt has ended.
	 */
	public void close() {
		this.lock.lock();
		try {
			this.closed = true;
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * A sleep of the job.
	 *
	 * @param name the name of the sleep
	 * @param duration the time until the job is due again
	 * @param signal that ends the attempt
	 */
	public record Sleep(String name, Duration duration, SleepSignal signal) {

	}

}
