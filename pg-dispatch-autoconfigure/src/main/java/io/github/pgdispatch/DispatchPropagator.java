package io.github.pgdispatch;

import java.util.List;
import java.util.Map;

/**
 * Carries something along with a dispatched call of a handler, such as a trace or a
 * tenant: puts it into the headers of the job, and restores it around the call. Nothing
 * is carried along by itself: neither the security context nor the MDC, as the call is
 * not made on behalf of whoever was there when it was dispatched. Of dispatched SQL the
 * headers are kept, too, for its {@link DeadLetter}; around it nothing can be restored.
 *
 * <p>
 * All beans of this type are used, in their order. Implementations are to be thread-safe.
 * For example: <pre class="code">
 * &#64;Component
 * class TenantPropagator implements DispatchPropagator {
 *
 * 	&#64;Override
 * 	public void inject(Map&lt;String, String&gt; headers) {
 * 		headers.put("tenant", Tenant.current());
 * 	}
 *
 * 	&#64;Override
 * 	public Scope extract(DispatchContext context) {
 * 		return Tenant.set(context.headers().get("tenant"))::reset;
 * 	}
 *
 * }</pre>
 */
public interface DispatchPropagator {

	/**
	 * Puts headers. Called on the thread that dispatches, in its transaction; if it
	 * throws, so does the dispatch.
	 * @param headers of the job so far, to which to add; neither names nor values may be
	 * {@code null} or contain the character NUL
	 */
	void inject(Map<String, String> headers);

	/**
	 * Restores what the headers tell. Called on the thread that will run the method,
	 * before its transaction begins; if it throws, the job has failed.
	 * @param context of the job, with the headers; those of a job that was dispatched in
	 * SQL, or by an older version of the application, may lack some
	 * @return what to close, on the same thread, when the method has returned and its
	 * transaction has ended
	 */
	Scope extract(DispatchContext context);

	/**
	 * Makes one of several.
	 * @param propagators to be called in this order; their scopes are closed in the
	 * reverse one
	 * @return a propagator, which carries along nothing if there are none
	 */
	static DispatchPropagator of(List<DispatchPropagator> propagators) {
		return new CompositeDispatchPropagator(propagators);
	}

	/**
	 * What was restored for a call.
	 */
	@FunctionalInterface
	interface Scope extends AutoCloseable {

		/**
		 * Undoes it.
		 */
		@Override
		void close();

	}

}
