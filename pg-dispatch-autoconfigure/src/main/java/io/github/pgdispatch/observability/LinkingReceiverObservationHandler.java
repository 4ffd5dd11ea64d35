package io.github.pgdispatch.observability;

import io.micrometer.observation.Observation;
import io.micrometer.tracing.Link;
import io.micrometer.tracing.Span;
import io.micrometer.tracing.TraceContext;
import io.micrometer.tracing.Tracer;
import io.micrometer.tracing.handler.PropagatingReceiverTracingObservationHandler;
import io.micrometer.tracing.propagation.Propagator;

/**
 * Makes the span of an attempt: a child of the span of the dispatch, or the root of a new
 * trace with a link to that span. Thread-safe.
 *
 * @see ProcessObservationContext#isLinked()
 */
public final class LinkingReceiverObservationHandler
		extends PropagatingReceiverTracingObservationHandler<ProcessObservationContext> {

	/**
	 * Creates a handler.
	 * @param tracer that makes the spans
	 * @param propagator that reads the headers of the jobs
	 */
	public LinkingReceiverObservationHandler(Tracer tracer, Propagator propagator) {
		super(tracer, propagator);
	}

	@Override
	public boolean supportsContext(Observation.Context context) {
		return context instanceof ProcessObservationContext;
	}

	@Override
	public Span.Builder customizeExtractedSpan(ProcessObservationContext context, Span.Builder extracted) {
		if (!context.isLinked()) {
			return extracted;
		}
		Span.Builder root = getTracer().spanBuilder().setNoParent().kind(Span.Kind.CONSUMER);
		// A propagator does not tell which span it has read. Only a child of that span
		// knows it, whatever the format of the headers. This child is never reported.
		Span child = extracted.start();
		TraceContext ids = child.context();
		child.abandon();
		String dispatch = ids.parentId();
		return (dispatch != null) ? root.addLink(new Link(getTracer().traceContextBuilder()
			.traceId(ids.traceId())
			.spanId(dispatch)
			.sampled(ids.sampled())
			.build())) : root;
	}

}
