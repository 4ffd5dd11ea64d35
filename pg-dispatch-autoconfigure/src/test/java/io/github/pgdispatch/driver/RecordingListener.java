package io.github.pgdispatch.driver;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.github.pgdispatch.event.AttemptFailedEvent;
import io.github.pgdispatch.event.CircuitBreakerEvent;
import io.github.pgdispatch.event.DeadLetterEvent;
import io.github.pgdispatch.event.DriverBackEvent;
import io.github.pgdispatch.event.DriverLostEvent;
import io.github.pgdispatch.event.HandlerUnknownEvent;
import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.event.JobTakenOverEvent;
import org.jspecify.annotations.Nullable;

/**
 * Records all that the drivers tell.
 */
class RecordingListener implements DriverListener {

	private final List<Object> told = new CopyOnWriteArrayList<>();

	<T> List<T> told(Class<T> type) {
		return this.told.stream().filter(type::isInstance).map(type::cast).toList();
	}

	@Override
	public AttemptScope attemptBegins(BegunAttempt attempt) {
		record(attempt);
		Thread thread = Thread.currentThread();
		return (outcome, error) -> record(new ClosedAttempt(attempt, thread == Thread.currentThread(), outcome, error));
	}

	@Override
	public void attemptFailed(AttemptFailedEvent event) {
		record(event);
	}

	@Override
	public void deadLetter(DeadLetterEvent event) {
		record(event);
	}

	@Override
	public void jobTakenOver(JobTakenOverEvent event) {
		record(event);
	}

	@Override
	public void circuitBreaker(CircuitBreakerEvent event) {
		record(event);
	}

	@Override
	public void handlerUnknown(HandlerUnknownEvent event) {
		record(event);
	}

	@Override
	public void driverLost(DriverLostEvent event) {
		record(event);
	}

	@Override
	public void driverBack(DriverBackEvent event) {
		record(event);
	}

	@Override
	public void attemptEnded(EndedAttempt attempt) {
		record(attempt);
	}

	@Override
	public void chunkEnded(SqlChunk chunk) {
		record(chunk);
	}

	@Override
	public void wokenUp(JobKind jobs, WakeUpSource source) {
		record(new WakeUp(jobs, source));
	}

	void record(Object told) {
		this.told.add(told);
	}

	/**
	 * A wake-up.
	 *
	 * @param jobs the kind of the jobs
	 * @param source what has woken the driver
	 */
	record WakeUp(JobKind jobs, WakeUpSource source) {

	}

	record ClosedAttempt(BegunAttempt attempt, boolean onSameThread, @Nullable AttemptOutcome outcome,
			@Nullable Throwable error) {

	}

}
