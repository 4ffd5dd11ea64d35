package io.github.pgdispatch.driver;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.CircuitBreakerEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.event.DriverBackEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.event.HandlerUnknownEvent;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.event.JobTakenOverEvent;
import io.github.pgdispatch.gateway.BreakerChange;
import io.github.pgdispatch.gateway.Claim;
import io.github.pgdispatch.gateway.PoisonJobs;
import io.github.pgdispatch.log.OneLineLog;

/**
 * Tells the listeners of a driver what happens. A listener that throws harms nothing: its
 * first exception is logged as a warning, the others only for debugging. Thread-safe.
 */
final class DriverReports {

	private static final OneLineLog logger = OneLineLog.of(DriverReports.class);

	private final JobKind jobs;

	private final List<DriverListener> listeners;

	private final Set<DriverListener> failing = ConcurrentHashMap.newKeySet();

	/**
	 * Number of parts of the driver that have lost the database.
	 */
	private int lost;

	DriverReports(JobKind jobs, Collection<DriverListener> listeners) {
		this.jobs = jobs;
		this.listeners = List.copyOf(listeners);
	}

	void attemptFailed(AttemptFailedEvent event) {
		tell((listener) -> listener.attemptFailed(event));
	}

	void deadLetter(DeadLetterEvent event) {
		tell((listener) -> listener.deadLetter(event));
	}

	/**
	 * Reports a job that has become a dead letter although no attempt of this node
	 * failed.
	 */
	void dead(PoisonJobs.Dead job) {
		Claim claim = job.claim();
		logger.warn(claim + " is now in pgdispatch.dead_letter: " + job.message());
		deadLetter(
				new DeadLetterEvent(claim.id(), claim.handler(), null, claim.attempt(), job.sqlState(), job.message()));
	}

	void claimed(List<Claim> claims) {
		for (Claim claim : claims) {
			if (claim.takenOver()) {
				JobTakenOverEvent event = new JobTakenOverEvent(claim.id(), claim.handler(), claim.attempt());
				tell((listener) -> listener.jobTakenOver(event));
			}
		}
	}

	void breaker(BreakerChange change) {
		if (change.tripped()) {
			logger.warn(Causes.oneLine(change.message()) + ". Its jobs wait for a probe to succeed");
		}
		else {
			logger.info(Causes.oneLine(change.message()) + ", as a probe has succeeded");
		}
		CircuitBreakerEvent event = new CircuitBreakerEvent(change.handler(), change.queue(), change.tripped(),
				change.failures());
		tell((listener) -> listener.circuitBreaker(event));
	}

	void handlerUnknown(String handler) {
		HandlerUnknownEvent event = new HandlerUnknownEvent(handler);
		tell((listener) -> listener.handlerUnknown(event));
	}

	/**
	 * Notes that a part of the driver has lost the database. The listeners are told of
	 * the first one.
	 */
	synchronized void lost(String reason) {
		this.lost++;
		if (this.lost == 1) {
			DriverLostEvent event = new DriverLostEvent(this.jobs, reason);
			tell((listener) -> listener.driverLost(event));
		}
	}

	/**
	 * Notes that a part of the driver has the database back. The listeners are told of
	 * the last one.
	 */
	synchronized void back() {
		this.lost--;
		if (this.lost == 0) {
			DriverBackEvent event = new DriverBackEvent(this.jobs);
			tell((listener) -> listener.driverBack(event));
		}
	}

	/**
	 * Tells the listeners that an attempt begins on the current thread.
	 * @return the scope of all of them
	 */
	AttemptScope attemptBegins(BegunAttempt attempt) {
		Deque<AttemptScope> scopes = new ArrayDeque<>();
		for (DriverListener listener : this.listeners) {
			tell(listener, (begins) -> {
				AttemptScope scope = begins.attemptBegins(attempt);
				scopes.push((outcome, error) -> tell(begins, (ends) -> scope.close(outcome, error)));
			});
		}
		return (outcome, error) -> scopes.forEach((scope) -> scope.close(outcome, error));
	}

	void attemptEnded(EndedAttempt attempt) {
		tell((listener) -> listener.attemptEnded(attempt));
	}

	void chunkEnded(SqlChunk chunk) {
		if (chunk.jobs() > 0) {
			tell((listener) -> listener.chunkEnded(chunk));
		}
	}

	void wokenUp(WakeUpSource source) {
		tell((listener) -> listener.wokenUp(this.jobs, source));
	}

	private void tell(Consumer<DriverListener> call) {
		this.listeners.forEach((listener) -> tell(listener, call));
	}

	private void tell(DriverListener listener, Consumer<DriverListener> call) {
		try {
			call.accept(listener);
		}
		catch (RuntimeException | Error ex) {
			report(listener, ex);
		}
	}

	/**
	 * What is thrown for each of many jobs would fill the log.
	 */
	private void report(DriverListener listener, Throwable ex) {
		String message = "A listener of the drivers, " + listener.getClass().getName() + ", threw an exception";
		if (this.failing.add(listener)) {
			logger.warn(message + ". Further ones are logged at the level DEBUG", ex);
		}
		else {
			logger.debug(message, ex);
		}
	}

}
