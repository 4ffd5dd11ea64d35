package io.github.pgdispatch.annotation;

import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.util.Assert;

/**
 * The parameters of a method.
 *
 * @param names the names of the parameters in their order
 */
record MethodParameters(List<String> names) {

	static MethodParameters of(Method method) {
		@Nullable String @Nullable [] names = new DefaultParameterNameDiscoverer().getParameterNames(method);
		Assert.isTrue(names != null, "The names of the parameters of the method are unknown. Compile with -parameters");
		return new MethodParameters(List.of(names));
	}

	Map<String, @Nullable Object> values(@Nullable Object[] arguments) {
		Map<String, @Nullable Object> values = new HashMap<>();
		for (int i = 0; i < arguments.length; i++) {
			values.put(this.names.get(i), arguments[i]);
		}
		return values;
	}

}
