package io.github.pgdispatch.samples.benchmark.scenario;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

import io.github.pgdispatch.JobKind;
import io.github.pgdispatch.driver.AttemptScope;
import io.github.pgdispatch.driver.BegunAttempt;
import io.github.pgdispatch.driver.DriverListener;
import io.github.pgdispatch.driver.EndedAttempt;
import io.github.pgdispatch.driver.WakeUpSource;
import org.awaitility.Awaitility;

/**
 * Keeps the calls that a node makes for a method's job, so that they can be made again.
 */
final class CallRecorder implements DriverListener {

	private final List<Consumer<DriverListener>> calls = new CopyOnWriteArrayList<>();

	private volatile boolean ended;

	/**
	 * Returns the calls that are made for a job.
	 * @param job dispatches it
	 * @return the calls, in their order
	 */
	List<Consumer<DriverListener>> callsOf(Runnable job) {
		job.run();
		Awaitility.await("the end of the job").atMost(Duration.ofMinutes(1)).until(() -> this.ended);
		return List.copyOf(this.calls);
	}

	@Override
	public AttemptScope attemptBegins(BegunAttempt attempt) {
		return (outcome, error) -> this.calls.add((listener) -> listener.attemptBegins(attempt).close(outcome, error));
	}

	@Override
	public void wokenUp(JobKind jobs, WakeUpSource source) {
		this.calls.add((listener) -> listener.wokenUp(jobs, source));
	}

	@Override
	public void attemptEnded(EndedAttempt attempt) {
		this.calls.add((listener) -> listener.attemptEnded(attempt));
		this.ended = true;
	}

}
