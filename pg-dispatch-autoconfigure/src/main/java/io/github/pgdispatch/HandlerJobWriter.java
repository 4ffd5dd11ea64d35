package io.github.pgdispatch;

import java.util.Map;

import io.github.pgdispatch.gateway.ClaimedRow;
import io.github.pgdispatch.gateway.DispatchGateway;
import org.jspecify.annotations.Nullable;

/**
 * Writes jobs of handlers in the current transaction, and counts them for the listener. A
 * plain job that this node can run at once is born claimed. Thread-safe.
 */
final class HandlerJobWriter {

	private final DispatchGateway gateway;

	private final DispatchListener listener;

	HandlerJobWriter(DispatchGateway gateway, DispatchListener listener) {
		this.gateway = gateway;
		this.listener = listener;
	}

	/**
	 * Writes a job.
	 * @param handler the name of the handler
	 * @param dispatch the job
	 * @param headers of the job
	 * @param wantsId whether the id of the job is needed
	 * @return the id of the job; {@code null} if it is not needed or the transaction
	 * cannot see the waiting job that has its key
	 */
	@Nullable Long write(String handler, Dispatch dispatch, Map<String, String> headers, boolean wantsId) {
		CommitCallback callback = CommitCallback.of(this.listener);
		Reservation reservation = isPlainAndDue(dispatch) ? this.listener.reserve(handler) : null;
		if (reservation != null) {
			return writeClaimed(handler, dispatch, headers, reservation, callback);
		}
		boolean notify = !this.listener.isListening();
		Long id = null;
		if (wantsId) {
			id = this.gateway.dispatchHandler(handler, dispatch.content(), headers, dispatch.delay(), notify,
					dispatch.options());
		}
		else {
			this.gateway.fireHandler(handler, dispatch.content(), headers, dispatch.delay(), notify,
					dispatch.options());
		}
		callback.count(1, dispatch.isLater());
		return id;
	}

	private static boolean isPlainAndDue(Dispatch dispatch) {
		return dispatch.options().values().isEmpty() && !dispatch.isLater();
	}

	private long writeClaimed(String handler, Dispatch dispatch, Map<String, String> headers, Reservation reservation,
			CommitCallback callback) {
		ClaimedRow row;
		try {
			row = this.gateway.dispatchClaimed(reservation.node(), handler, dispatch.content(), headers);
		}
		catch (RuntimeException | Error ex) {
			reservation.release();
			throw ex;
		}
		if (row.isClaimed()) {
			reservation.claimed(row);
			callback.add(reservation, row.inSavepoint());
		}
		else {
			reservation.release();
			callback.count(1, false);
		}
		return row.claim().id();
	}

}
