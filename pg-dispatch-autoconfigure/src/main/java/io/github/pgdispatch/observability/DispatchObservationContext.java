package io.github.pgdispatch.observability;

import java.util.Map;

import io.github.pgdispatch.ObservedDispatch;
import io.micrometer.observation.transport.Kind;
import io.micrometer.observation.transport.SenderContext;

/**
 * The context of the {@linkplain PgDispatchObservation#DISPATCH observation of a
 * dispatch}. Its carrier is the headers of the job. Used by one thread.
 */
public final class DispatchObservationContext extends SenderContext<Map<String, String>> {

	private final ObservedDispatch dispatch;

	private long jobId;

	private boolean done;

	/**
	 * Creates a context.
	 * @param dispatch what is dispatched
	 */
	public DispatchObservationContext(ObservedDispatch dispatch) {
		super((headers, name, value) -> {
			if (headers != null) {
				headers.put(name, value);
			}
		}, Kind.PRODUCER);
		this.dispatch = dispatch;
		setCarrier(dispatch.headers());
	}

	/**
	 * Returns what is dispatched.
	 * @return the dispatch
	 */
	public ObservedDispatch getDispatch() {
		return this.dispatch;
	}

	/**
	 * Returns the id of the job.
	 * @return the id; zero if it is not known or not known yet
	 */
	public long getJobId() {
		return this.jobId;
	}

	/**
	 * Returns whether the job was written.
	 * @return whether the job was written
	 */
	public boolean isDone() {
		return this.done;
	}

	/**
	 * Notes that the job was written.
	 */
	void done(long jobId) {
		this.jobId = jobId;
		this.done = true;
	}

}
