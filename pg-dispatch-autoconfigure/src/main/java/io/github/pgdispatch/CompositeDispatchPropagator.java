package io.github.pgdispatch;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;

import org.springframework.util.Assert;

/**
 * Combines several propagators.
 */
final class CompositeDispatchPropagator implements DispatchPropagator {

	private final List<DispatchPropagator> propagators;

	CompositeDispatchPropagator(List<DispatchPropagator> propagators) {
		this.propagators = List.copyOf(propagators);
	}

	@Override
	public void inject(Map<String, String> headers) {
		this.propagators.forEach((propagator) -> propagator.inject(headers));
		headers.forEach((name, value) -> {
			Assert.isTrue(name != null && name.indexOf('\0') < 0,
					"The name of a header must not be null or contain a NUL character");
			Assert.isTrue(value != null && value.indexOf('\0') < 0,
					() -> "The header '" + name + "' must not be null or contain a NUL character");
		});
	}

	@Override
	public Scope extract(DispatchContext context) {
		Deque<Scope> scopes = new ArrayDeque<>();
		try {
			this.propagators.forEach((propagator) -> scopes.push(propagator.extract(context)));
		}
		catch (RuntimeException | Error ex) {
			try {
				close(scopes);
			}
			catch (RuntimeException | Error suppressed) {
				ex.addSuppressed(suppressed);
			}
			throw ex;
		}
		return () -> close(scopes);
	}

	private static void close(Deque<Scope> scopes) {
		Scope scope = scopes.poll();
		if (scope != null) {
			try {
				scope.close();
			}
			finally {
				close(scopes);
			}
		}
	}

}
